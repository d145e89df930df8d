/// The secrets that sign the events of an endpoint: one, or two during a rotation.
///
/// A secret is shown once, to the caller who created the endpoint; a description never shows one.
public struct SigningSecrets: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    /// The secret in force, as `whsec_…`.
    public var current: String
    /// The previous secret.
    public var previous: String?
    /// Until when events are also signed with the previous secret.
    public var previousUntil: Timestamp?

    /// Makes secrets.
    public init(current: String, previous: String? = nil, previousUntil: Timestamp? = nil) {
        self.current = current
        self.previous = previous
        self.previousUntil = previousUntil
    }

    /// The secrets that sign an event at a time, the newest first.
    package func valid(at now: Timestamp) -> [String] {
        [self.current] + [self.isRotating(at: now) ? self.previous : nil].compactMap { $0 }
    }

    /// Whether the previous secret is still in force.
    package func isRotating(at now: Timestamp) -> Bool {
        self.previous != nil && (self.previousUntil.map { now < $0 } ?? false)
    }

    /// The same with a new secret; the current one stays in force for a further time.
    package func rotated(to secret: String, overlap: Duration, at now: Timestamp) -> SigningSecrets {
        SigningSecrets(
            current: secret,
            previous: overlap > .zero ? self.current : nil,
            previousUntil: overlap > .zero ? now + overlap : nil
        )
    }

    /// A text without the secrets.
    public var description: String { "whsec_***" }

    /// A mirror without the secrets.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
