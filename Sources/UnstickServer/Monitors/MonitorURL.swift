/// The URL of a cron monitor at Healthchecks, Cronitor or Sentry, or at a service that is called like Healthchecks.
///
/// The service is told by the URL. All of it but the host is a secret: whoever has it can report that all is well. So a
/// description shows the host only, and so does a dump.
public struct MonitorURL: Hashable, Sendable {
    /// The host, in lower case, without the port; the only part to show.
    public let host: String

    /// Which service it is for.
    let service: MonitoringService
    /// The scheme, the host and the port.
    let origin: String
    /// The path, without slashes at its end.
    let path: String
    /// The parts of the query.
    let query: [String]

    /// Reads a URL.
    ///
    /// - Parameter text: an absolute http or https URL as the service shows it; it may have a port and a query, but no
    ///   user name and no fragment.
    /// - Throws: ``RefusedMonitorURL``, which says what to change without showing the text.
    public init(_ text: String) throws(RefusedMonitorURL) {
        try Self.checkCharacters(text)
        let (scheme, rest) = try Self.scheme(of: text)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let target = rest[authority.endIndex...]
        let path = target.prefix { $0 != "?" }
        self.host = try Self.host(of: authority)
        self.origin = "\(scheme)://\(self.host)\(try Self.port(of: authority))"
        self.path = String(path.trimmingSuffix("/"))
        self.query = target[path.endIndex...].dropFirst().split(separator: "&").map(String.init)
        self.service = MonitoringService(host: self.host, path: self.path)
    }

    /// Tells whether a text shows what is to be kept secret.
    func isShown(in text: String) -> Bool {
        ([self.path] + self.query).contains { !$0.isEmpty && text.contains($0) }
    }
}

extension MonitorURL: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The host.
    public var description: String { self.host }
    /// The host.
    public var debugDescription: String { self.host }
    /// Nothing but the host.
    public var customMirror: Mirror { Mirror(self, children: ["host": self.host]) }
}
