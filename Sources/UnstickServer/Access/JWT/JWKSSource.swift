import Unstick

/// The place of the public keys for signed tokens: a JSON Web Key Set.
public enum JWKSSource: Hashable, Sendable {
    /// At an https URL, or an http URL of this machine.
    case url(String)
    /// In a file, by its path.
    case file(String)

    /// The name for a log: for a URL only the host, because a query may contain a key.
    var place: String {
        switch self {
        case .url(let url): String(Self.authority(of: url) ?? "a URL")
        case .file(let path): path
        }
    }
}

extension JWKSSource {
    /// The most bytes of a URL or a path.
    static let maximumLength = 2000

    /// Reads a URL, or otherwise a path.
    ///
    /// It throws ``/Unstick/UnstickError`` `invalidArgument` that names `variable`.
    init(_ text: String, variable: String) throws {
        guard text.utf8.count <= Self.maximumLength else {
            throw UnstickError(
                .invalidArgument,
                "\(variable) is longer than \(Self.maximumLength) bytes; use a shorter one."
            )
        }
        guard text.contains("://") else {
            self = .file(text)
            return
        }
        try Self.check(url: text, variable)
        self = .url(text)
    }

    /// The host and the port of a URL.
    static func authority(of url: String) -> Substring? {
        url.firstRange(of: "://").map { url[$0.upperBound...].prefix { $0 != "/" && $0 != "?" } }
    }

    private static func check(url: String, _ variable: String) throws {
        let scheme = url.prefix { $0 != ":" }.lowercased()
        guard url.utf8.allSatisfy({ 0x21...0x7e ~= $0 && $0 != UInt8(ascii: "\\") && $0 != UInt8(ascii: "#") }),
            let authority = Self.authority(of: url), let host = Self.host(of: authority)
        else {
            throw UnstickError(
                .invalidArgument,
                """
                \(variable) is not a URL that keys can be fetched from: it must be absolute, in ASCII, and without \
                user name, white space and fragment, such as https://id.example.com/.well-known/jwks.json.
                """
            )
        }
        guard scheme == "https" || scheme == "http" && ["localhost", "127.0.0.1", "[::1]"].contains(host) else {
            throw UnstickError(
                .invalidArgument,
                """
                \(variable) would fetch keys from \(scheme)://\(host), where an attacker on the network could replace the \
                keys and sign tokens with them. Use https; http is for localhost only.
                """
            )
        }
    }

    /// The host of an authority, in lower case; `nil` where the authority is not a host with an optional port.
    private static func host(of authority: Substring) -> String? {
        let authority = authority.lowercased()
        let isAddress = authority.hasPrefix("[")
        guard let end = isAddress ? authority.firstIndex(of: "]") : authority.startIndex else { return nil }
        let colon = authority[end...].firstIndex(of: ":") ?? authority.endIndex
        let host = authority[..<colon]
        let port = authority[colon...].dropFirst()
        let allowed = isAddress ? "0123456789abcdef:.[]" : "0123456789abcdefghijklmnopqrstuvwxyz-_."
        guard !host.isEmpty, host.allSatisfy(allowed.contains), !host.hasPrefix("."), !host.contains(".."),
            colon == authority.endIndex || UInt16(port).map({ $0 > 0 && String($0) == port }) == true
        else { return nil }
        return String(host)
    }
}
