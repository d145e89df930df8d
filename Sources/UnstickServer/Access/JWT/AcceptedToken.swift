/// A signed token that was accepted.
public struct AcceptedToken: Hashable, Sendable {
    /// Who it is for, and what they may do.
    public var principal: Principal
    /// When it ends, in whole seconds since 1970; for up to a minute after that it is still accepted.
    public var expiresAt: Int

    /// Makes one.
    ///
    /// - Parameters:
    ///   - principal: who it is for, and what they may do.
    ///   - expiresAt: when it ends, in whole seconds since 1970.
    public init(principal: Principal, expiresAt: Int) {
        self.principal = principal
        self.expiresAt = expiresAt
    }
}
