import Unstick

extension JWTSettings {
    /// The most bytes of a text, and the most parts of a list.
    static let limits = (bytes: 2000, parts: 50)

    /// A text without surrounding white space; `nil` when nothing is left.
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

    /// The places of the role.
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

extension JWTSettings {
    /// The keys that verify signatures.
    static func keys(_ secret: String?, _ jwks: String?, _ issuer: String?, _ preset: JWTPreset?) throws -> Keys {
        let secret = secret.flatMap { $0.isEmpty ? nil : $0 }
        switch (secret, Self.text(jwks)) {
        case (.some, .some):
            throw UnstickError(
                .invalidArgument,
                """
                JWT_SECRET and JWT_JWKS are both set, and a token could choose which one checks it. Remove \
                the one that your provider does not sign with.
                """
            )
        case (.some(let secret), nil): return .secret(try Self.checked(secret: secret))
        case (nil, .some(let jwks)):
            guard issuer != nil else { throw Self.noIssuer }
            return .jwks(try JWKSSource(jwks, variable: "JWT_JWKS"))
        case (nil, nil):
            guard let preset else {
                throw UnstickError(
                    .invalidArgument,
                    "Signed tokens need keys: set JWT_SECRET or JWT_JWKS, or JWT_PRESET and JWT_ISSUER."
                )
            }
            guard let issuer else { throw Self.noIssuer }
            return .jwks(try JWKSSource(preset.jwks(issuer: issuer), variable: "JWT_ISSUER"))
        }
    }

    private static var noIssuer: UnstickError {
        UnstickError(
            .invalidArgument,
            """
            JWT_ISSUER is not set, but public keys may sign for more than one issuer. Set it to what your provider's \
            tokens have in their claim iss.
            """
        )
    }

    private static func checked(secret: String) throws -> String {
        guard secret.utf8.count >= Self.shortestSecret else {
            throw UnstickError(
                .invalidArgument,
                """
                JWT_SECRET must have \(Self.shortestSecret) bytes or more, or it could be guessed from a single token. \
                Create one with: openssl rand -hex 32
                """
            )
        }
        guard Self.text(secret) == secret else {
            throw UnstickError(
                .invalidArgument,
                "JWT_SECRET begins or ends with white space, which other tools may drop. Remove it."
            )
        }
        return secret
    }

    /// The algorithms that fit the keys.
    static func algorithms(_ text: String?, for keys: Keys) throws -> Set<SigningAlgorithm> {
        var hasPublicKeys = false
        if case .jwks = keys { hasPublicKeys = true }
        let fitting = SigningAlgorithm.allCases.filter { $0.hasPublicKey == hasPublicKeys }
        let names = Self.list(text)
        guard !names.isEmpty else { return Set(fitting) }
        return Set(
            try names.map { name in
                guard let algorithm = fitting.first(where: { $0.rawValue == name }) else {
                    throw UnstickError(
                        .invalidArgument,
                        """
                        JWT_ALGORITHMS has '\(name)', but with \(hasPublicKeys ? "public keys" : "a secret") only \
                        \(fitting.map(\.rawValue).joined(separator: ", ")) can be trusted. Remove the others.
                        """
                    )
                }
                return algorithm
            }
        )
    }
}
