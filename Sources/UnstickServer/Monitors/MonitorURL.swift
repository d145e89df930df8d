/// The URL of a cron monitor at Healthchecks, Cronitor or Sentry, or at a service with the API of Healthchecks.
///
/// The URL decides the service. All of it but the host is a secret: it is enough to report a success. So a description
/// shows only the host, and so does a dump.
public struct MonitorURL: Hashable, Sendable {
    /// The host, in lower case, without the port; the only part to show.
    public let host: String

    /// The service.
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
    /// - Throws: ``RefusedMonitorURL``, which says what to change without the text.
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

    /// Whether a text contains a secret part of the URL.
    func isShown(in text: String) -> Bool {
        ([self.path] + self.query).contains { !$0.isEmpty && text.contains($0) }
    }
}

extension MonitorURL: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The host.
    public var description: String { self.host }
    /// The host.
    public var debugDescription: String { self.host }
    /// Only the host.
    public var customMirror: Mirror { Mirror(self, children: ["host": self.host]) }
}

extension MonitorURL {
    /// The most bytes of a URL.
    static let maximumLength = 2000

    /// Refuses a text that is too long or has characters that a URL cannot have.
    static func checkCharacters(_ text: String) throws(RefusedMonitorURL) {
        guard text.utf8.count <= Self.maximumLength else {
            throw RefusedMonitorURL("the monitor's URL is longer than \(Self.maximumLength) bytes; use a shorter one")
        }
        guard text.utf8.allSatisfy({ 0x21...0x7e ~= $0 && $0 != UInt8(ascii: "\\") }) else {
            throw RefusedMonitorURL(
                """
                the monitor's URL has white space, backslashes or characters other than ASCII; write the host in \
                punycode (xn--…), percent-encode the rest
                """
            )
        }
        guard !text.utf8.contains(UInt8(ascii: "#")) else {
            throw RefusedMonitorURL(
                "the monitor's URL has a fragment, which is never sent; remove # and the text after it"
            )
        }
    }

    /// Splits the scheme, in lower case, from what follows `://`.
    static func scheme(of text: String) throws(RefusedMonitorURL) -> (String, Substring) {
        let scheme = text.prefix { $0 != ":" }.lowercased()
        let rest = text.dropFirst(scheme.count)
        guard scheme == "https" || scheme == "http", rest.hasPrefix("://") else {
            throw RefusedMonitorURL(
                "the monitor's URL is not an http or https URL; write it in full, beginning with https://"
            )
        }
        return (scheme, rest.dropFirst(3))
    }

    /// Reads the host, in lower case.
    static func host(of authority: Substring) throws(RefusedMonitorURL) -> String {
        guard !authority.contains("@") else {
            throw RefusedMonitorURL("the monitor's URL has a user name or password; remove the part before the @")
        }
        let host = Self.split(authority).host.lowercased()
        let isAddress = host.hasPrefix("[") && host.hasSuffix("]") && host.count > 2
        let allowed = isAddress ? "0123456789abcdef:." : "0123456789abcdefghijklmnopqrstuvwxyz-_."
        let name = isAddress ? host.dropFirst().dropLast() : host[...]
        guard !name.isEmpty, !name.hasPrefix("."), !name.contains(".."), name.allSatisfy(allowed.contains) else {
            throw RefusedMonitorURL(
                "the monitor's URL has no host, or an invalid one; write https://, a host and a path"
            )
        }
        return host
    }

    /// Reads the port, with its colon; empty where there is none.
    static func port(of authority: Substring) throws(RefusedMonitorURL) -> String {
        guard let text = Self.split(authority).port else { return "" }
        guard let port = UInt16(text), port > 0, String(port) == text else {
            throw RefusedMonitorURL(
                "the port of the monitor's URL is not a number from 1 to 65535; correct it or omit it"
            )
        }
        return ":\(port)"
    }

    /// Splits a host, which may have brackets, from a port.
    private static func split(_ authority: Substring) -> (host: Substring, port: Substring?) {
        let end = authority.first == "[" ? authority.firstIndex(of: "]") ?? authority.startIndex : authority.startIndex
        guard let colon = authority[end...].firstIndex(of: ":") else { return (authority, nil) }
        return (authority[..<colon], authority[colon...].dropFirst())
    }
}

/// The error for a text that is no URL of a monitor.
public struct RefusedMonitorURL: Error, Hashable, CustomStringConvertible {
    /// What is wrong and what to do, without any part of the text, which may be a secret.
    public let message: String

    /// Makes the error.
    init(_ message: String) {
        self.message = message
    }

    /// What is wrong and what to do.
    public var description: String { self.message }
}

/// A service that alerts when pings are missing, by its API.
enum MonitoringService: Hashable, Sendable {
    /// Healthchecks, hosted or not, and services with its API.
    case healthchecks
    /// Cronitor.
    case cronitor
    /// Sentry Crons.
    case sentry

    /// Detects the service by a URL's host, in lower case, and its path.
    init(host: String, path: String) {
        if ["cronitor.link", "cronitor.io"].contains(where: { host == $0 || host.hasSuffix(".\($0)") }) {
            self = .cronitor
        } else if host.contains("sentry") || Self.isCheckIn(path) {
            self = .sentry
        } else {
            self = .healthchecks
        }
    }

    /// Whether a path contains `/api/<number>/cron/`, as Sentry's do on any host.
    private static func isCheckIn(_ path: String) -> Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return parts.indices.dropLast(3).contains { index in
            parts[index] == "api" && parts[index + 2] == "cron" && !parts[index + 1].isEmpty
                && parts[index + 1].utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        }
    }
}
