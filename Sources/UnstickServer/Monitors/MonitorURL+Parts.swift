extension MonitorURL {
    /// How many bytes a URL may have.
    static let maximumLength = 2000

    /// Refuses a text that is too long or has characters that do not belong in a URL.
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

    /// Parts the scheme, in lower case, from what follows `://`.
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

    /// Parts a host, which may have brackets, from a port.
    private static func split(_ authority: Substring) -> (host: Substring, port: Substring?) {
        let end = authority.first == "[" ? authority.firstIndex(of: "]") ?? authority.startIndex : authority.startIndex
        guard let colon = authority[end...].firstIndex(of: ":") else { return (authority, nil) }
        return (authority[..<colon], authority[colon...].dropFirst())
    }
}
