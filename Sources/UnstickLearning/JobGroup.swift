/// Jobs of which one limit is learned: those of a kind and tier.
public struct JobGroup: Hashable, Sendable {
    /// What sort of work; `nil` for all.
    public var kind: String?
    /// The price class; `nil` for none, or for those of the kind that have no limit of their own.
    public var tier: String?

    /// Every job there is.
    public static let all = JobGroup(kind: nil, tier: nil)

    /// Makes a group.
    public init(kind: String?, tier: String?) {
        self.kind = kind
        self.tier = tier
    }
}
