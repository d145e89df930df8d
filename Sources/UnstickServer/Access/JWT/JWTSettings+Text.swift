import Unstick

extension JWTSettings {
    /// How many bytes a text may have, and how many parts a list.
    static let limits = (bytes: 2000, parts: 50)

    /// A text without the white space around it; `nil` when nothing is left.
    static func text(_ text: String?) -> String? {
        guard let text, let start = text.firstIndex(where: { !$0.isWhitespace }),
            let end = text.lastIndex(where: { !$0.isWhitespace })
        else { return nil }
        return String(text[start...end])
    }

    /// The parts of a list.
    static func list(_ text: String?) -> [String] {
        (text ?? "").split(separator: ",").compactMap { Self.text(String($0)) }
    }

    /// The provider.
    static func preset(_ text: String?) throws -> JWTPreset? {
        guard let text = Self.text(text) else { return nil }
        guard let preset = JWTPreset(rawValue: text) else {
            let known = JWTPreset.allCases.map(\.rawValue).joined(separator: ", ")
            throw UnstickError(
                .invalidArgument,
                "JWT_PRESET is '\(text)', which is not a known provider. Use one of \(known), or remove it."
            )
        }
        return preset
    }

    /// The issuer, as its provider writes it.
    static func issuer(_ text: String?, _ preset: JWTPreset?) throws -> String? {
        guard let issuer = Self.text(text) else { return nil }
        guard issuer.utf8.count <= Self.limits.bytes, !issuer.contains(where: \.isWhitespace) else {
            throw UnstickError(
                .invalidArgument,
                "JWT_ISSUER has white space or more than \(Self.limits.bytes) bytes. Copy it from the iss claim."
            )
        }
        if let complaint = preset?.complaint(aboutIssuer: issuer) { throw UnstickError(.invalidArgument, complaint) }
        return issuer
    }

    /// Where the role is.
    static func roleClaims(_ text: String?, _ preset: JWTPreset?, inOrganization: Bool) throws -> [JSONPointer] {
        let given = (text ?? "").split { $0 == "," || $0.isWhitespace }.map(String.init)
        let claims = given.isEmpty ? preset?.roleClaims(inOrganization: inOrganization) ?? ["/role"] : given
        return try claims.map { claim in
            let pointer: JSONPointer
            do {
                pointer = try JSONPointer(claim)
            } catch let error as UnstickError {
                throw UnstickError(.invalidArgument, "JWT_ROLE cannot be read. \(error.message)")
            }
            try Self.check(pointer, inOrganization: inOrganization)
            return pointer
        }
    }
}
