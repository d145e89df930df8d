import Crypto

/// Comparing secrets without telling by the time it takes how much of a guess was right.
package enum SecretDigest {
    /// The SHA-256 of a secret's UTF-8 bytes.
    package static func sha256(_ secret: String) -> [UInt8] {
        Array(SHA256.hash(data: Array(secret.utf8)))
    }

    /// Whether two digests are equal, in a time that depends on their length alone.
    package static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
