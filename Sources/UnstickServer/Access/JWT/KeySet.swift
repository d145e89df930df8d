import Unstick

/// The public keys of an issuer.
struct KeySet: Sendable {
    /// How many bytes a document may have.
    static let maximumLength = 256 * 1024
    /// How many keys it may have, of whatever kind.
    static let maximumKeys = 100
    /// How many keys a token is tried with that does not name its own.
    static let maximumTries = 10

    private let keys: [VerificationKey]

    /// Reads a JSON Web Key Set.
    ///
    /// Keys that are not for checking signatures are passed over. It throws ``KeyFailure``.
    init(_ document: [UInt8]) async throws {
        guard document.count <= Self.maximumLength else { throw KeyFailure.tooLong }
        guard let members = try? StrictJSON.object(document), case .list(let list) = members["keys"] else {
            throw KeyFailure.notAKeySet
        }
        guard list.count <= Self.maximumKeys else { throw KeyFailure.tooManyKeys }
        var keys: [VerificationKey] = []
        for case .object(let members) in list {
            if let key = await JSONWebKey(members).verificationKey() { keys.append(key) }
        }
        guard !keys.isEmpty else { throw KeyFailure.noKey }
        self.keys = keys
    }

    /// The keys that may have made a signature of an algorithm: those of that name, or all where none is named.
    func candidates(_ algorithm: SigningAlgorithm, id: String?) -> [VerificationKey] {
        let fitting = self.keys.lazy.filter { key in
            key.algorithm == algorithm && (id.map { key.id?.isExactly($0) == true } ?? true)
        }
        return Array(fitting.prefix(Self.maximumTries))
    }
}
