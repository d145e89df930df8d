public import Unstick

/// Who is asking.
public struct Principal: Hashable, Sendable {
    /// The name, for the record.
    public var name: String
    /// What they may do.
    public var role: Role

    /// Makes a principal.
    public init(name: String, role: Role) {
        self.name = name
        self.role = role
    }
}

/// A way of telling who is asking from a bearer token.
///
/// Several can be tried in turn; signed tokens are one more of these.
public protocol Authenticator: Sendable {
    /// - Returns: who it is, or `nil` for a token that this authenticator does not know.
    /// - Throws: ``Unstick/UnstickError`` when it cannot be told now.
    func authenticate(bearer token: String) async throws -> Principal?
}
