import Unstick

extension LimitMethod: Encodable {
    private enum Key: String, CodingKey {
        case quantile, factor, floorMs, capMs, minimumJobs, minimumOwnJobs
    }

    /// Encodes the documented shape.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(self.quantile, forKey: .quantile)
        try container.encode(self.factor, forKey: .factor)
        try container.encode(self.floor.inMilliseconds, forKey: .floorMs)
        try container.encode(self.cap?.inMilliseconds, forKey: .capMs)
        try container.encode(self.minimumJobs, forKey: .minimumJobs)
        try container.encode(self.minimumOwnJobs, forKey: .minimumOwnJobs)
    }
}

extension Suggestions: Encodable {
    private enum Key: String, CodingKey {
        case method, groups
    }

    /// Encodes the documented shape.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(self.method, forKey: .method)
        try container.encode(self.lines, forKey: .groups)
    }
}

extension Suggestions.Line: Encodable {
    private enum Key: String, CodingKey {
        case kind, tier, count, medianMs, p99Ms, p999Ms, slowestMs, rule, limitMs, killed, suggestedMs
        case killedBySuggestion, boundOneIn, basis
    }

    /// Encodes the documented shape; the line of all jobs has no kind.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(self.group.kind, forKey: .kind)
        try container.encode(self.group.tier, forKey: .tier)
        try container.encode(self.durations.count, forKey: .count)
        try container.encode(self.durations.quantile(0.5).inMilliseconds, forKey: .medianMs)
        try container.encode(self.durations.quantile(0.99).inMilliseconds, forKey: .p99Ms)
        try container.encode(self.durations.quantile(0.999).inMilliseconds, forKey: .p999Ms)
        try container.encode(self.durations.slowest.inMilliseconds, forKey: .slowestMs)
        try container.encode(self.rule, forKey: .rule)
        try container.encode(self.limit?.inMilliseconds, forKey: .limitMs)
        try container.encode(self.killed, forKey: .killed)
        try container.encode(self.suggested?.inMilliseconds, forKey: .suggestedMs)
        try container.encode(self.killedBySuggestion, forKey: .killedBySuggestion)
        try container.encode(self.boundOneIn, forKey: .boundOneIn)
        try container.encode(self.basis, forKey: .basis)
    }
}
