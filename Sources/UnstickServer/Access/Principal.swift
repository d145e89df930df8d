public import Unstick

/// An authenticated caller.
public struct Principal: Hashable, Sendable {
    /// The name, for the audit log.
    public var name: String
    /// The role.
    public var role: Role
    /// The credential, by a name that reveals nothing, such as `token:` and a key's public part.
    ///
    /// A session of the admin UI ends when its authenticator no longer accepts it.
    public var credential: String
    /// When the credential expires.
    public var expiresAt: Timestamp?

    /// Makes a principal.
    public init(name: String, role: Role, credential: String, expiresAt: Timestamp? = nil) {
        self.name = name
        self.role = role
        self.credential = credential
        self.expiresAt = expiresAt
    }
}

/// Identifies callers by a bearer token.
///
/// Several can be tried in turn; signed tokens are one of them.
public protocol Authenticator: Sendable {
    /// - Returns: the caller, or `nil` for a token that this authenticator does not know.
    /// - Throws: ``/Unstick/UnstickError`` when that cannot be checked now.
    func authenticate(bearer token: String) async throws -> Principal?

    /// Whether a credential that this authenticator accepted before is still valid.
    ///
    /// - Parameters:
    ///   - credential: ``Principal/credential``.
    ///   - role: its role at that time.
    func vouches(for credential: String, role: Role) async throws -> Bool

    /// Whether it could accept any credential.
    var canAccept: Bool { get async throws }
}
