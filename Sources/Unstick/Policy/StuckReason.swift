/// Which limit of which rule a job passed, and by what.
public struct StuckReason: Hashable, Sendable {
    /// The rule's name.
    public var rule: String
    /// The limit that was passed.
    public var limit: LimitKind
    /// What the rule allows.
    public var allowed: Duration
    /// What was measured instead.
    public var measured: Duration
    /// What the worker calls itself, where it said so.
    public var worker: String?

    /// Makes a stuckReason.
    public init(rule: String, limit: LimitKind, allowed: Duration, measured: Duration, worker: String? = nil) {
        self.rule = rule
        self.limit = limit
        self.allowed = allowed
        self.measured = measured
        self.worker = worker
    }

    /// The facts in a sentence, for example "no heartbeat for 94 s, limit 60 s, worker gpu-7, attempt 2".
    ///
    /// - Parameter attempt: the attempt that was judged; the first one goes without saying.
    public func reason(attempt: Int) -> String {
        let (measured, allowed) = (self.measured.text, self.allowed.text)
        var facts =
            switch self.limit {
            case .timeout: "processing for \(measured), limit \(allowed)"
            case .heartbeat: "no heartbeat for \(measured), limit \(allowed)"
            case .pending: "pending for \(measured), limit \(allowed)"
            case .deadline: "created \(measured) ago, deadline \(allowed)"
            }
        if let worker { facts += ", worker \(worker)" }
        if attempt > 1 { facts += ", attempt \(attempt)" }
        return facts
    }
}

/// The limits that a rule can set, each on another time.
public enum LimitKind: String, Sendable, Codable, CaseIterable {
    /// The age of the attempt.
    case timeout
    /// The time since the last sign of life.
    case heartbeat
    /// The time in the queue, never started.
    case pending
    /// The age since creation, all attempts together.
    case deadline
}
