public import Unstick

/// Who is asking.
public struct Principal: Hashable, Sendable {
    /// The name, for the record.
    public var name: String
    /// What they may do.
    public var role: Role
    /// What they showed, by a name that gives nothing away, such as `token:` and a token's public part.
    ///
    /// A session on the page ends when its authenticator does not vouch for it any more.
    public var credential: String
    /// When what they showed ends by itself.
    public var expiresAt: Timestamp?

    /// Makes a principal.
    public init(name: String, role: Role, credential: String, expiresAt: Timestamp? = nil) {
        self.name = name
        self.role = role
        self.credential = credential
        self.expiresAt = expiresAt
    }
}

/// A way of telling who is asking from a bearer token.
///
/// Several can be tried in turn; signed tokens are one more of these.
public protocol Authenticator: Sendable {
    /// - Returns: who it is, or `nil` for a token that this authenticator does not know.
    /// - Throws: ``Unstick/UnstickError`` when it cannot be told now.
    func authenticate(bearer token: String) async throws -> Principal?

    /// Whether a credential that this authenticator accepted before is still good.
    ///
    /// - Parameters:
    ///   - credential: ``Principal/credential``.
    ///   - role: what it allowed then.
    func vouches(for credential: String, role: Role) async throws -> Bool

    /// Whether there is anything that it could accept.
    var canAccept: Bool { get async throws }
}
