/// The result of one check of `doctor`.
public struct Finding: Hashable, Sendable, Codable {
    /// The level of a finding.
    public enum Level: String, Sendable, Codable, CaseIterable {
        /// No problem.
        case ok
        /// It works, but should be checked.
        case warning
        /// It does not work, or would do harm.
        case error
    }

    /// The level.
    public var level: Level
    /// The checked object.
    public var subject: String
    /// What the check found.
    public var detail: String
    /// What to do about it, if anything.
    public var advice: String?

    package init(_ level: Level, _ subject: String, _ detail: String, advice: String? = nil) {
        self.level = level
        self.subject = subject
        self.detail = detail
        self.advice = advice
    }
}
