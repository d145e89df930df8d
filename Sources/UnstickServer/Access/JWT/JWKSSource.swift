/// Where the public keys are that signed tokens are checked with: a JSON Web Key Set.
public enum JWKSSource: Hashable, Sendable {
    /// At an https URL, or an http URL of this machine.
    case url(String)
    /// In a file, by its path.
    case file(String)

    /// What to call it in a log: of a URL the host alone, for a query may hold a key.
    var place: String {
        switch self {
        case .url(let url): String(Self.authority(of: url) ?? "a URL")
        case .file(let path): path
        }
    }
}
