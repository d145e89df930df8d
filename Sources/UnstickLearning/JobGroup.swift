import Unstick

/// The jobs that share one learned limit: those of a kind and tier.
public struct JobGroup: Hashable, Sendable {
    /// The kind of work; `nil` for all.
    public var kind: String?
    /// The price class; `nil` for none, or for those of the kind that have no limit of their own.
    public var tier: String?

    /// Every job.
    public static let all = JobGroup(kind: nil, tier: nil)

    /// Makes a group.
    public init(kind: String?, tier: String?) {
        self.kind = kind
        self.tier = tier
    }

    /// Whether both have the same kind and tier, byte for byte.
    public static func == (one: JobGroup, other: JobGroup) -> Bool {
        one.kind.isExactly(other.kind) && one.tier.isExactly(other.tier)
    }

    /// Hashes the bytes of both.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(self.kind?.exact)
        hasher.combine(self.tier?.exact)
    }
}
