/// Why keys could not be had; what each says is for the operator.
enum KeyFailure: Error, Equatable, CustomStringConvertible {
    /// Nobody answered in time.
    case timedOut
    /// The answer was no success; redirections are not followed.
    case status(UInt)
    /// There is no such file, or it cannot be read.
    case unreadable
    /// There is more than a key set may have.
    case tooLong
    /// It is no JSON Web Key Set.
    case notAKeySet
    /// It has too many keys.
    case tooManyKeys
    /// None of its keys is fit for checking signatures.
    case noKey

    /// What went wrong.
    var description: String {
        switch self {
        case .timedOut: "no answer within \(KeyDownload.timeout)"
        case .status(let code): "answered \(code), and redirections are not followed"
        case .unreadable: "the file does not exist or cannot be read"
        case .tooLong: "more than \(KeySet.maximumLength) bytes"
        case .notAKeySet: "not a JSON Web Key Set, which is an object with an array 'keys'"
        case .tooManyKeys: "more than \(KeySet.maximumKeys) keys"
        case .noKey: "no public key for RS256 (2048 bits or more), ES256 or EdDSA"
        }
    }
}
