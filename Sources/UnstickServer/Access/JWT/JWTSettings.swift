/// Which signed tokens are accepted, and the roles of their holders.
///
/// ```swift
/// let settings = try JWTSettings(preset: "supabase", issuer: "https://PROJECT.supabase.co/auth/v1")
/// ```
public struct JWTSettings: Hashable, Sendable {
    /// The keys that verify signatures.
    public enum Keys: Hashable, Sendable {
        /// A secret that the signer has too, as its bytes in UTF-8.
        case secret(String)
        /// Public keys.
        case jwks(JWKSSource)
    }

    /// The fewest bytes of a secret: those of the hash, by RFC 7518.
    public static let shortestSecret = 32

    /// The keys that verify signatures.
    public let keys: Keys
    /// The algorithms that are allowed.
    public let algorithms: Set<SigningAlgorithm>
    /// The required issuer; `nil` for any signer with the secret.
    public let issuer: String?
    /// The audiences of which a token must have one; empty for any.
    public let audiences: [String]
    /// The parties that a token may have been issued to; empty for any.
    public let authorizedParties: [String]
    /// The required organization; `nil` for any.
    public let organization: String?
    /// The places of the role, in order of precedence.
    public let roleClaims: [JSONPointer]
    /// The claims that are safe only by the settings; see `JWT_ROLE_CLAIM_IS_TRUSTED`.
    public let trustedClaims: [JSONPointer]
    /// The values for the role admin.
    public let adminValues: [String]
    /// The values for the role operator.
    public let operatorValues: [String]
    /// The values for the role viewer.
    public let viewerValues: [String]
    /// The places of the name, in order of precedence.
    public let nameClaims: [JSONPointer]

    /// Reads the settings.
    ///
    /// Empty text counts as absent. Lists have commas between their parts.
    ///
    /// - Parameters:
    ///   - preset: `JWT_PRESET`, the provider whose defaults to use: see ``JWTPreset``.
    ///   - issuer: `JWT_ISSUER`, the exact claim `iss`. Needed with public keys.
    ///   - audience: `JWT_AUDIENCE`, the audiences of which the claim `aud` must have one.
    ///   - authorizedParties: `JWT_AUTHORIZED_PARTIES`, the parties of which the claim `azp` must be one.
    ///   - algorithms: `JWT_ALGORITHMS`, some of those that fit the keys; by default all.
    ///   - secret: `JWT_SECRET`, for HS256, of 32 bytes or more.
    ///   - jwks: `JWT_JWKS`, an https URL or a path.
    ///   - role: `JWT_ROLE`, the JSON pointers to the role, with commas or white space between them.
    ///   - adminValues: `JWT_ADMIN_VALUES`, the values for admin; by default `admin`.
    ///   - operatorValues: `JWT_OPERATOR_VALUES`, the values for operator; by default `operator`.
    ///   - viewerValues: `JWT_VIEWER_VALUES`, the values for viewer; by default `viewer`.
    ///   - organization: `JWT_ORGANIZATION`, the required value of the claim `/o/id` or `/org_id`.
    ///   - roleClaimIsTrusted: `JWT_ROLE_CLAIM_IS_TRUSTED`, `true` for claims in `JWT_ROLE` that are not known to be
    ///     written by servers alone.
    /// - Throws: ``/Unstick/UnstickError`` `invalidArgument`, which names the variable.
    public init(
        preset: String? = nil,
        issuer: String? = nil,
        audience: String? = nil,
        authorizedParties: String? = nil,
        algorithms: String? = nil,
        secret: String? = nil,
        jwks: String? = nil,
        role: String? = nil,
        adminValues: String? = nil,
        operatorValues: String? = nil,
        viewerValues: String? = nil,
        organization: String? = nil,
        roleClaimIsTrusted: String? = nil
    ) throws {
        let preset = try Self.preset(preset)
        let issuer = try Self.issuer(issuer, preset)
        self.keys = try Self.keys(secret, jwks, issuer, preset)
        self.issuer = issuer
        self.algorithms = try Self.algorithms(algorithms, for: self.keys)
        self.organization = Self.text(organization)
        self.authorizedParties = Self.list(authorizedParties)
        let audiences = Self.list(audience)
        self.audiences = audiences.isEmpty ? preset?.audiences(issuer: issuer) ?? [] : audiences
        self.roleClaims = try Self.roleClaims(role, preset, inOrganization: self.organization != nil)
        self.trustedClaims = try Self.trusted(self.roleClaims, preset, isTrusted: Self.isTrusted(roleClaimIsTrusted))
        let values = try RoleValues(
            admin: Self.list(adminValues),
            operator: Self.list(operatorValues),
            viewer: Self.list(viewerValues),
            defaults: RoleValues(preset, ownClaims: Self.text(role) == nil)
        )
        (self.adminValues, self.operatorValues, self.viewerValues) = (values.admin, values.operator, values.viewer)
        self.nameClaims = try ["/email", "/sub"].map { try JSONPointer($0) }
        try self.check(preset)
    }
}

extension JWTSettings.Keys: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The place of the keys; for a secret, a placeholder.
    public var description: String {
        switch self {
        case .secret: "a secret"
        case .jwks(let source): source.place
        }
    }
    /// The same.
    public var debugDescription: String { self.description }
    /// A mirror without children, for `dump` and the like.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension JWTSettings {
    /// An identifier of the settings that reveals nothing, and changes with each of them.
    var fingerprint: String {
        let keys =
            switch self.keys {
            case .secret(let secret): ["secret", SecretDigest.sha256(secret).hexadecimal]
            case .jwks(.url(let url)): ["url", url]
            case .jwks(.file(let path)): ["file", path]
            }
        let parts = [
            keys, self.algorithms.map(\.rawValue).sorted(), [self.issuer ?? ""], self.audiences, self.authorizedParties,
            [self.organization ?? ""], self.roleClaims.map(\.text), self.adminValues, self.operatorValues,
            self.viewerValues, self.nameClaims.map(\.text),
        ]
        // Each part as a digest, so that two parts cannot be confused with one.
        let digests = parts.map { part in
            SecretDigest.sha256(part.map { SecretDigest.sha256($0).hexadecimal }.joined()).hexadecimal
        }
        return SecretDigest.sha256(digests.joined()).prefix(8).hexadecimal
    }
}
