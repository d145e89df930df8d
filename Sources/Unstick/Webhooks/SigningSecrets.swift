/// What the events of an endpoint are signed with: one secret, or two while the receiver changes over.
///
/// Secrets are shown once, to whoever made the endpoint; a description never shows one.
public struct SigningSecrets: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    /// The secret in force, as `whsec_…`.
    public var current: String
    /// The one before it.
    public var previous: String?
    /// Until when events are signed with the one before as well.
    public var previousUntil: Timestamp?

    /// Makes secrets.
    public init(current: String, previous: String? = nil, previousUntil: Timestamp? = nil) {
        self.current = current
        self.previous = previous
        self.previousUntil = previousUntil
    }

    /// What an event is signed with at a moment, the newest first.
    public func valid(at now: Timestamp) -> [String] {
        [self.current] + [self.isRotating(at: now) ? self.previous : nil].compactMap { $0 }
    }

    /// Whether the secret before this one still holds.
    public func isRotating(at now: Timestamp) -> Bool {
        self.previous != nil && (self.previousUntil.map { now < $0 } ?? false)
    }

    /// The same with a new secret; the one in force holds for a further time.
    public func rotated(to secret: String, overlap: Duration, at now: Timestamp) -> SigningSecrets {
        SigningSecrets(
            current: secret,
            previous: overlap > .zero ? self.current : nil,
            previousUntil: overlap > .zero ? now + overlap : nil
        )
    }

    /// Without the secrets.
    public var description: String { "whsec_***" }

    /// Without the secrets.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
