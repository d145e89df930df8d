import Unstick
import UnstickServer

/// A stored token, without its secret.
struct TokenRow {
    var name: String
    var role: String
    var status: Badge
    var created: Moment
    var revoked: Moment?
    var revokeAction: String?

    init(_ token: AccessToken, _ now: Timestamp, _ visit: Visit) {
        self.name = token.name
        self.role = token.role.rawValue
        self.status = token.revokedAt == nil ? Badge("Valid", .good) : Badge("Revoked", .quiet)
        self.created = Moment(token.createdAt, now: now)
        self.revoked = Moment(token.revokedAt, now: now)
        guard token.revokedAt == nil, !token.isOf(visit) else { return }
        self.revokeAction = visit.href("/tokens/\(token.name.pathEncoded)/revoke")
    }
}

extension AccessToken {
    /// Whether whoever asks came in by this token.
    func isOf(_ visit: Visit) -> Bool { visit.principal?.credential == StoredTokens.credential(of: self.id) }
}
