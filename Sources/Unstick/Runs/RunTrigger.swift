/// Who or what started a pass.
public struct RunTrigger: Hashable, Sendable, CustomStringConvertible {
    /// As it is stored and shown: `cron`, `admin:<name>`, `cli`, `scheduler`, `library`.
    public let description: String

    private init(_ description: String) {
        self.description = description
    }

    /// The cron endpoint was called.
    public static let cron = RunTrigger("cron")
    /// The command line.
    public static let cli = RunTrigger("cli")
    /// The server's own schedule.
    public static let scheduler = RunTrigger("scheduler")
    /// A call from Swift code.
    public static let library = RunTrigger("library")
    /// An admin's call, with the name of the access token.
    public static func admin(_ name: String) -> RunTrigger { RunTrigger("admin:\(name)") }

    /// Reads the stored form.
    package init(stored: String) {
        self.init(stored)
    }

    /// The trigger without a name: bounded, fit for a metric label.
    package var label: String {
        String(self.description.prefix { $0 != ":" })
    }
}
