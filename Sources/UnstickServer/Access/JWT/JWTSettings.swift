/// Which signed tokens are accepted, and what their holders may do.
///
/// ```swift
/// let settings = try JWTSettings(preset: "supabase", issuer: "https://PROJECT.supabase.co/auth/v1")
/// ```
public struct JWTSettings: Hashable, Sendable {
    /// What signatures are checked with.
    public enum Keys: Hashable, Sendable {
        /// A secret that the signer has as well, taken as its bytes in UTF-8.
        case secret(String)
        /// Public keys.
        case jwks(JWKSSource)
    }

    /// The fewest bytes that a secret may have: those of the hash, as RFC 7518 has it.
    public static let shortestSecret = 32

    /// What signatures are checked with.
    public let keys: Keys
    /// The algorithms that are allowed.
    public let algorithms: Set<SigningAlgorithm>
    /// The issuer that a token must have; any signer with the secret where there is none.
    public let issuer: String?
    /// The audiences, of which a token must have one; any audience where there are none.
    public let audiences: [String]
    /// Which parties a token may have been issued to; any where there are none.
    public let authorizedParties: [String]
    /// The organization that a token must be for; any where there is none.
    public let organization: String?
    /// Where the role is, the first place first.
    public let roleClaims: [JSONPointer]
    /// Those of the claims that only the settings call safe; see `JWT_ROLE_CLAIM_IS_TRUSTED`.
    public let trustedClaims: [JSONPointer]
    /// The values that make an admin.
    public let adminValues: [String]
    /// The values that make an operator.
    public let operatorValues: [String]
    /// The values that make a viewer.
    public let viewerValues: [String]
    /// Where the name is, the first place first.
    public let nameClaims: [JSONPointer]

    /// Reads the settings.
    ///
    /// Text that is empty counts as none. Lists have commas between their parts.
    ///
    /// - Parameters:
    ///   - preset: `JWT_PRESET`, the provider whose defaults to take: see ``JWTPreset``.
    ///   - issuer: `JWT_ISSUER`, the exact claim `iss`. Needed with public keys.
    ///   - audience: `JWT_AUDIENCE`, the audiences of which the claim `aud` must have one.
    ///   - authorizedParties: `JWT_AUTHORIZED_PARTIES`, the parties of which the claim `azp` must be one.
    ///   - algorithms: `JWT_ALGORITHMS`, some of those that fit the keys; by default all.
    ///   - secret: `JWT_SECRET`, for HS256, of 32 bytes or more.
    ///   - jwks: `JWT_JWKS`, an https URL or a path.
    ///   - role: `JWT_ROLE`, the JSON pointers to the role, with commas or white space between them.
    ///   - adminValues: `JWT_ADMIN_VALUES`, what makes an admin there; by default `admin`.
    ///   - operatorValues: `JWT_OPERATOR_VALUES`, what makes an operator there; by default `operator`.
    ///   - viewerValues: `JWT_VIEWER_VALUES`, what makes a viewer there; by default `viewer`.
    ///   - organization: `JWT_ORGANIZATION`, the organization that the claim `/o/id` or `/org_id` must be.
    ///   - roleClaimIsTrusted: `JWT_ROLE_CLAIM_IS_TRUSTED`, `true` for claims in `JWT_ROLE` that are not known to be written by
    ///     servers alone.
    /// - Throws: ``Unstick/UnstickError`` `invalidArgument`, which names the variable.
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
    /// Where the keys are; of a secret, a stand-in.
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
    /// A name for the settings that gives nothing away, and changes with each of them.
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
        // Each part by its digest, so that no part can pass for two.
        let digests = parts.map { part in
            SecretDigest.sha256(part.map { SecretDigest.sha256($0).hexadecimal }.joined()).hexadecimal
        }
        return SecretDigest.sha256(digests.joined()).prefix(8).hexadecimal
    }
}
