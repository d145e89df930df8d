import Unstick

/// A secret from the configuration, kept as a digest only.
public struct SharedSecret: Sendable {
    private let digests: [[UInt8]]

    /// Makes a secret; several are valid at once while they are rotated.
    ///
    /// - Throws: ``Unstick/UnstickError`` `invalidArgument` when one is shorter than `minimum` characters.
    public init(_ secrets: [String], name: String, minimum: Int) throws {
        guard secrets.allSatisfy({ $0.count >= minimum }) else {
            throw UnstickError(
                .invalidArgument,
                "\(name) must have \(minimum) characters or more. Make one with: openssl rand -hex 32"
            )
        }
        self.digests = secrets.map(SecretDigest.sha256)
    }

    /// A name for the secrets that gives nothing away, and changes with them.
    var fingerprint: String {
        SecretDigest.sha256(self.digests.map { $0.hexadecimal }.joined()).prefix(8).hexadecimal
    }

    /// Whether this is one of the secrets; each is compared, whichever matches.
    public func matches(_ guess: String) -> Bool {
        let digest = SecretDigest.sha256(guess)
        return self.digests.reduce(false) { SecretDigest.equal($1, digest) || $0 }
    }
}
