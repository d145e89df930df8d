/// A URL that is well-formed and allowed by the policy; its host name is not resolved yet.
///
/// It is parsed once, strictly, and the request is made from its parts, because a second parser might read it
/// differently.
package struct DestinationURL: Hashable, Sendable {
    /// The schemes that a URL may have.
    package enum Scheme: String, Sendable {
        /// Without encryption.
        case http
        /// With TLS.
        case https

        /// The default port of a URL.
        var defaultPort: Int { self == .http ? 80 : 443 }
    }

    /// The most bytes of a URL.
    package static let maximumLength = 2000

    /// The source text.
    package let text: String
    /// The scheme.
    package let scheme: Scheme
    /// The host.
    package let host: DestinationHost
    /// The port to connect to.
    package let port: Int
    /// The path and the query, as in the first line of a request.
    package let target: String

    /// Parses a URL and checks it.
    package init(_ text: String, policy: DestinationPolicy) throws(RefusedDestination) {
        try Self.checkCharacters(text)
        guard let colon = text.firstRange(of: "://") else {
            throw RefusedDestination("the URL is not absolute; write it in full, beginning with https://")
        }
        let rest = text[colon.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let target = rest[authority.endIndex...]
        let (host, port) = try Self.split(authority)
        self.text = text
        self.scheme = try Self.scheme(text[..<colon.lowerBound], policy)
        self.host = try DestinationHost(host)
        self.port = try Self.port(port, self.scheme, policy)
        self.target = target.first == "/" ? String(target) : "/\(target)"
        if case .address(let address) = self.host, !policy.allows(address) {
            throw RefusedDestination(
                """
                \(address) is not a public address, it is \(address.specialPurpose ?? "not allowed"); use a public one, \
                or ask the operator to add its network to WEBHOOK_ALLOW_CIDRS
                """
            )
        }
    }

    /// The value of the Host header.
    package var authority: String {
        self.port == self.scheme.defaultPort ? "\(self.host)" : "\(self.host):\(self.port)"
    }
}

extension DestinationURL {
    /// Refuses a text that is too long or has characters that programs read differently, or that end a line.
    fileprivate static func checkCharacters(_ text: String) throws(RefusedDestination) {
        guard text.utf8.count <= Self.maximumLength else {
            throw RefusedDestination("the URL is longer than \(Self.maximumLength) bytes; use a shorter one")
        }
        guard text.utf8.allSatisfy({ $0 < 0x80 }) else {
            throw RefusedDestination(
                "the URL has characters other than ASCII; write the host in punycode (xn--…), percent-encode the rest"
            )
        }
        guard text.utf8.allSatisfy({ 0x21...0x7e ~= $0 && $0 != UInt8(ascii: "\\") }) else {
            throw RefusedDestination("the URL has white space, control characters or backslashes; percent-encode them")
        }
        guard !text.utf8.contains(UInt8(ascii: "#")) else {
            throw RefusedDestination("the URL has a fragment, which is never sent; remove # and the text after it")
        }
    }

    /// Reads the scheme.
    fileprivate static func scheme(_ text: Substring, _ policy: DestinationPolicy) throws(RefusedDestination) -> Scheme
    {
        guard let scheme = Scheme(rawValue: text.lowercased()) else {
            throw RefusedDestination("the URL has a scheme other than https; write it beginning with https://")
        }
        guard scheme == .https || policy.allowsHTTP else {
            throw RefusedDestination("http is not allowed; use https, or ask the operator to set WEBHOOK_ALLOW_HTTP")
        }
        return scheme
    }

    /// Splits a host, which may have brackets, from a port.
    fileprivate static func split(_ text: Substring) throws(RefusedDestination) -> (host: Substring, port: Substring?) {
        guard !text.contains("@") else {
            throw RefusedDestination("the URL has a user name or password; remove it, deliveries are signed instead")
        }
        let end = text.first == "[" ? text.firstIndex(of: "]") ?? text.startIndex : text.startIndex
        guard let colon = text[end...].firstIndex(of: ":") else { return (text, nil) }
        let port = text[colon...].dropFirst()
        guard !port.contains(":") else {
            throw RefusedDestination("the host has too many colons; write an IPv6 address in brackets")
        }
        return (text[..<colon], port)
    }

    /// Reads the port; without a text it is that of the scheme.
    fileprivate static func port(
        _ text: Substring?,
        _ scheme: Scheme,
        _ policy: DestinationPolicy
    ) throws(RefusedDestination) -> Int {
        guard let text else { return scheme.defaultPort }
        guard let port = Int(text), String(port) == text, policy.allows(port: port) else {
            throw RefusedDestination("the port is not allowed; use 443, 80 or one from 1024 to 65535, or omit it")
        }
        return port
    }
}
