/// One thing that `doctor` looked at.
public struct Finding: Hashable, Sendable, Codable {
    /// How bad it is.
    public enum Level: String, Sendable, Codable, CaseIterable {
        /// As it should be.
        case ok
        /// It works, and should be looked at.
        case warning
        /// It does not work, or would do harm.
        case error
    }

    /// How bad it is.
    public var level: Level
    /// What was looked at.
    public var subject: String
    /// What was seen.
    public var detail: String
    /// What to do about it, where there is something to do.
    public var advice: String?

    package init(_ level: Level, _ subject: String, _ detail: String, advice: String? = nil) {
        self.level = level
        self.subject = subject
        self.detail = detail
        self.advice = advice
    }
}
