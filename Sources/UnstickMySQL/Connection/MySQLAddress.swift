import Foundation

/// The address of a server, and the credentials.
struct MySQLAddress: Sendable {
    /// When the connection is encrypted; the names are those of MySQL's `--ssl-mode`.
    enum Encryption: String {
        case disabled
        /// If the server offers it.
        case preferred
        case required
        /// Required, with a certificate for this host by a known authority.
        case verifyIdentity = "verify-identity"
    }

    private(set) var user = ""
    private(set) var password = ""
    private(set) var host = ""
    private(set) var port: UInt32 = 3306
    private(set) var database = ""
    /// The path of a Unix socket, used in place of host and port.
    private(set) var socket: String?
    private(set) var encryption: Encryption
    /// Files with the certificate authorities, and with this client's certificate and key.
    private(set) var authorities: String?
    private(set) var certificate: String?
    private(set) var key: String?

    /// Reads `mysql://USER:PASSWORD@HOST:PORT/DATABASE?ssl-mode=…&ssl-ca=…&ssl-cert=…&ssl-key=…&socket=…`.
    ///
    /// - Throws: `unreadableURL` without any part of the URL, because parts of an unencoded password can be anywhere.
    init(url: String) throws(MySQLError) {
        guard let parts = URLParts(url), let settings = Self.settings(parts.query) else { throw .unreadableURL }
        self.socket = settings["socket"]
        (self.authorities, self.certificate, self.key) = (settings["ssl-ca"], settings["ssl-cert"], settings["ssl-key"])
        self.encryption = self.authorities != nil ? .verifyIdentity : self.socket == nil ? .preferred : .disabled
        if let mode = settings["ssl-mode"] {
            // Authorities without verification would be ignored.
            guard let encryption = Encryption(rawValue: mode.lowercased()),
                self.authorities == nil || encryption == .verifyIdentity
            else { throw .unreadableURL }
            self.encryption = encryption
        }
        guard self.readSigningIn(parts.userInfo), self.readHost(parts.host),
            let database = Self.decoded(parts.database),
            !database.isEmpty, !database.contains(where: { "/@:".contains($0) })
        else { throw .unreadableURL }
        self.database = database
    }

    private static let parameters: Set = ["socket", "ssl-mode", "ssl-ca", "ssl-cert", "ssl-key"]

    private static func settings(_ query: Substring) -> [String: String]? {
        var settings: [String: String] = [:]
        for pair in query.split(separator: "&") {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2, let name = self.decoded(sides[0]), self.parameters.contains(name),
                let value = self.decoded(sides[1]), settings.updateValue(value, forKey: name) == nil
            else { return nil }
        }
        return settings
    }

    private mutating func readSigningIn(_ text: Substring?) -> Bool {
        guard let text else { return true }
        let sides = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let user = Self.decoded(sides[0]), let password = Self.decoded(sides.count == 2 ? sides[1] : "") else {
            return false
        }
        (self.user, self.password) = (user, password)
        return true
    }

    private mutating func readHost(_ text: Substring) -> Bool {
        var (host, port) = (text, nil as Substring?)
        let end = text.hasPrefix("[") ? text.firstIndex(of: "]") ?? text.endIndex : text.startIndex
        if let colon = text[end...].firstIndex(of: ":") {
            (host, port) = (text[..<colon], text[colon...].dropFirst())
        }
        if host.hasPrefix("[") {
            guard host.hasSuffix("]") else { return false }
            host = host.dropFirst().dropLast()
        }
        guard let name = Self.decoded(host), !name.contains(where: { "/@".contains($0) }) else { return false }
        self.host = name.isEmpty ? "localhost" : name
        guard let port else { return true }
        guard let number = UInt16(port), number > 0 else { return false }
        self.port = UInt32(number)
        return true
    }

    /// Without percent-encoding; `nil` for invalid encoding, and for a NUL, which would end the text early.
    private static func decoded(_ text: Substring) -> String? {
        guard let decoded = text.removingPercentEncoding, !decoded.utf8.contains(0) else { return nil }
        return decoded
    }
}

/// A database URL, split at its delimiters.
private struct URLParts {
    let userInfo: Substring?
    let host: Substring
    let database: Substring
    let query: Substring

    init?(_ url: String) {
        guard let scheme = ["mysql://", "mariadb://"].first(where: { url.hasPrefix($0) }), !url.contains("#") else {
            return nil
        }
        let rest = url.dropFirst(scheme.count)
        let end = rest.firstIndex { "/?".contains($0) } ?? rest.endIndex
        let question = rest[end...].firstIndex(of: "?") ?? rest.endIndex
        self.database = rest[end..<question].dropFirst()
        self.query = rest[question...].dropFirst()
        let authority = rest[..<end]
        let at = authority.lastIndex(of: "@")
        self.userInfo = at.map { authority[..<$0] }
        self.host = at.map { authority[$0...].dropFirst() } ?? authority
    }
}
