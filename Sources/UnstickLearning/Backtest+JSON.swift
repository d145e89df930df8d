import Unstick

extension Backtest: Encodable {
    private enum Key: String, CodingKey {
        case end, policies, suggestions
    }

    /// Encodes the documented shape.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(self.end, forKey: .end)
        try container.encode(self.replays, forKey: .policies)
        try container.encode(self.suggestions, forKey: .suggestions)
    }
}

extension Replay: Encodable {
    private enum Key: String, CodingKey {
        case name, sweepEveryMs, schedule, zone, good, pastLimit, killed, killedShare, killedJobs,
            tokensRefundedWrongly, ifHungMeanMs
        case hung, found, foundP50Ms, foundP99Ms, tokensRefundedRightly, unknown, unknownFound, tokensRefundedUnknown
    }

    /// Encodes the documented shape; `sweepEveryMs` is the longest interval of a schedule.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(self.name, forKey: .name)
        let interval = self.runs.longestInterval(from: self.end)
        try container.encode(interval?.inMilliseconds, forKey: .sweepEveryMs)
        try container.encode(self.runs.schedule?.expression.description, forKey: .schedule)
        try container.encode(self.runs.schedule?.zone.name, forKey: .zone)
        try container.encode(self.good, forKey: .good)
        try container.encode(self.pastLimit, forKey: .pastLimit)
        try container.encode(self.killed, forKey: .killed)
        try container.encode(self.killedShare, forKey: .killedShare)
        try container.encode(self.killedJobs, forKey: .killedJobs)
        try container.encode(self.tokensRefundedWrongly, forKey: .tokensRefundedWrongly)
        try container.encode(self.meanIfHung?.inMilliseconds, forKey: .ifHungMeanMs)
        try container.encode(self.hung, forKey: .hung)
        try container.encode(self.found.count, forKey: .found)
        try container.encode(self.found.quantile(0.5).inMilliseconds, forKey: .foundP50Ms)
        try container.encode(self.found.quantile(0.99).inMilliseconds, forKey: .foundP99Ms)
        try container.encode(self.tokensRefundedRightly, forKey: .tokensRefundedRightly)
        try container.encode(self.unknown, forKey: .unknown)
        try container.encode(self.unknownFound, forKey: .unknownFound)
        try container.encode(self.tokensRefundedUnknown, forKey: .tokensRefundedUnknown)
    }
}

extension Replay.FalsePositive: Encodable {
    private enum Key: String, CodingKey {
        case id, kind, tier, durationMs, limitMs, refunded
    }

    /// Encodes the documented shape.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(self.id, forKey: .id)
        try container.encode(self.kind, forKey: .kind)
        try container.encode(self.tier, forKey: .tier)
        try container.encode(self.duration.inMilliseconds, forKey: .durationMs)
        try container.encode(self.limit.inMilliseconds, forKey: .limitMs)
        try container.encode(self.refunded, forKey: .refunded)
    }
}
