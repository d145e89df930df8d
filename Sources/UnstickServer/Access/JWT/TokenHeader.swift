import Unstick

/// What a token says about itself before anything is known to be true.
struct TokenHeader {
    /// What asks for something that is not done here: extensions, keys that the token brings along, what is nested or
    /// encrypted.
    private static let unsupported = ["crit", "jwk", "jku", "x5u", "cty", "b64", "enc", "zip"]

    /// The algorithm that it says it was signed with.
    let algorithm: SigningAlgorithm
    /// The key that it says it was signed with.
    let keyID: String?

    /// Reads a header that names one of the algorithms.
    init(_ json: [UInt8], allowed: Set<SigningAlgorithm>) throws(TokenRefusal) {
        let fields: [ExactText: JSONValue]
        do {
            fields = try StrictJSON.object(json)
        } catch {
            throw .header
        }
        guard case .text(let name) = fields["alg"] else { throw .header }
        guard let algorithm = allowed.first(where: { $0.rawValue.isExactly(name) }) else { throw .algorithm }
        guard Self.unsupported.allSatisfy({ fields[$0.exact] == nil }) else { throw .unsupported }
        try Self.check(type: fields["typ"])
        self.algorithm = algorithm
        self.keyID = try Self.keyID(fields["kid"])
    }

    private static func check(type: JSONValue?) throws(TokenRefusal) {
        switch type {
        case nil: return
        case .text(let type) where ["jwt", "at+jwt"].contains(type.lowercased()): return
        default: throw .type
        }
    }

    private static func keyID(_ field: JSONValue?) throws(TokenRefusal) -> String? {
        switch field {
        case nil: return nil
        case .text(let keyID): return keyID
        default: throw .header
        }
    }
}
