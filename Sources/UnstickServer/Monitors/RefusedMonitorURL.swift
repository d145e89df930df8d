/// Tells that a text is no URL of a monitor.
public struct RefusedMonitorURL: Error, Hashable, CustomStringConvertible {
    /// What is wrong and what to do, without any part of the text, which may be a secret.
    public let message: String

    /// Refuses for a reason.
    init(_ message: String) {
        self.message = message
    }

    /// What is wrong and what to do.
    public var description: String { self.message }
}
