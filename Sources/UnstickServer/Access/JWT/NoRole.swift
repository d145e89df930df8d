/// Tells that a token is genuine and in force, and that its holder may do nothing here all the same.
///
/// It says where a role was looked for. What the token has there it does not say.
public struct NoRole: Error, Hashable, Sendable, CustomStringConvertible {
    /// What happened, why, and what to do next; its holder may read it.
    public let message: String

    /// Makes one, for the places where a role was looked for.
    init(claims: [JSONPointer]) {
        let places = claims.map(\.text).joined(separator: ", ")
        self.message = """
            The token is valid, but it gives no role here: at \(places) it has none of the values that \
            JWT_ADMIN_VALUES, JWT_OPERATOR_VALUES and JWT_VIEWER_VALUES name. Give the account one of these values at its \
            provider, or name the claim that has it in JWT_ROLE, and sign in again.
            """
    }

    /// The message.
    public var description: String { self.message }
}
