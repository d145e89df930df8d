import Logging

extension Logger {
    /// For commands that print their result: the log would say it twice.
    static let quiet = Logger(label: "unstick") { _ in SwiftLogNoOpLogHandler() }
}
