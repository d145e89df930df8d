import Unstick

extension JWTSettings {
    /// What signatures are checked with.
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

    /// The algorithms, those that fit the keys.
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
