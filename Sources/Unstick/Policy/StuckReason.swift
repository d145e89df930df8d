/// The limit that a job is over, with its rule and the measured value.
public struct StuckReason: Hashable, Sendable {
    /// The rule's name.
    public var rule: String
    /// The limit.
    public var limit: LimitKind
    /// The allowed time.
    public var allowed: Duration
    /// The measured time.
    public var measured: Duration
    /// The name of the worker, where it sent one.
    public var worker: String?

    /// Makes a reason.
    public init(rule: String, limit: LimitKind, allowed: Duration, measured: Duration, worker: String? = nil) {
        self.rule = rule
        self.limit = limit
        self.allowed = allowed
        self.measured = measured
        self.worker = worker
    }

    /// The reason as a sentence, for example "no heartbeat for 94 s, limit 60 s, worker gpu-7, attempt 2".
    ///
    /// - Parameter attempt: the attempt that was checked; the first one is not mentioned.
    package func reason(attempt: Int) -> String {
        let (measured, allowed) = (self.measured.text, self.allowed.text)
        var parts =
            switch self.limit {
            case .timeout: "processing for \(measured), limit \(allowed)"
            case .heartbeat: "no heartbeat for \(measured), limit \(allowed)"
            case .pending: "pending for \(measured), limit \(allowed)"
            case .deadline: "created \(measured) ago, deadline \(allowed)"
            }
        if let worker { parts += ", worker \(worker)" }
        if attempt > 1 { parts += ", attempt \(attempt)" }
        return parts
    }
}

/// The limits that a rule can set, each for a different time.
public enum LimitKind: String, Sendable, Codable, CaseIterable {
    /// The age of the attempt.
    case timeout
    /// The time since the last heartbeat.
    case heartbeat
    /// The time in the queue, never started.
    case pending
    /// The age since creation, all attempts together.
    case deadline
}
