/// A provider of tokens with known defaults.
public enum JWTPreset: String, CaseIterable, Sendable {
    /// Supabase Auth: the role is in `app_metadata`, which only a server with the secret key can write.
    case supabase
    /// Clerk: the role is in a claim `metadata` of the session token, or is one in an organization.
    case clerk
    /// Auth0: the role is in a claim with a namespace that an Action sets.
    case auth0
    /// Firebase Authentication: the role is a custom claim, `role` or `admin`, that the Admin SDK sets.
    case firebase
    /// Keycloak: the role is a role of the realm, or, with `JWT_ROLE`, of a client.
    case keycloak
}

extension JWTPreset {
    /// The places of the role, in order of precedence.
    ///
    /// A role in an organization counts only if the settings name the organization, because a user who creates one is
    /// its admin.
    func roleClaims(inOrganization: Bool) -> [String] {
        switch self {
        case .supabase: ["/app_metadata/role", "/app_metadata/roles"]
        case .clerk: (inOrganization ? ["/o/rol", "/org_role"] : []) + ["/metadata/role", "/public_metadata/role"]
        case .auth0: ["/https:~1~1unstick~1roles"]
        case .firebase: ["/role", "/admin"]
        case .keycloak: ["/realm_access/roles"]
        }
    }

    /// The values for the role admin.
    ///
    /// For Firebase `true` is one of them, for the usual `admin: true`, but only in the preset's own claims: with
    /// `JWT_ROLE` set, a claim such as `support: true` must not make an admin by accident.
    func adminValues(ownClaims: Bool) -> [String] {
        switch self {
        case .clerk: ["admin", "org:admin"]
        case .firebase where ownClaims: ["admin", "true"]
        default: ["admin"]
        }
    }

    /// The values for the role operator.
    var operatorValues: [String] { self == .clerk ? ["operator", "org:operator"] : ["operator"] }

    /// The values for the role viewer.
    var viewerValues: [String] { self == .clerk ? ["viewer", "org:viewer"] : ["viewer"] }

    /// The audiences of tokens, where they are the same for all projects or follow from the issuer.
    func audiences(issuer: String?) -> [String] {
        switch self {
        case .supabase: ["authenticated"]
        case .firebase: issuer.flatMap(Self.firebaseProject).map { [$0] } ?? []
        case .clerk, .auth0, .keycloak: []
        }
    }

    /// The place of an issuer's keys.
    func jwks(issuer: String) -> String {
        let base = issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer
        return switch self {
        case .supabase, .clerk, .auth0: "\(base)/.well-known/jwks.json"
        case .firebase: "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com"
        case .keycloak: "\(base)/protocol/openid-connect/certs"
        }
    }

    /// What is wrong with an issuer, in a sentence; `nil` if it is valid.
    func complaint(aboutIssuer issuer: String) -> String? {
        switch self {
        case .auth0 where !issuer.hasSuffix("/"):
            "JWT_ISSUER of Auth0 ends with a slash, as in its tokens: https://TENANT.eu.auth0.com/."
        case .firebase where Self.firebaseProject(issuer) == nil:
            "JWT_ISSUER of Firebase is https://securetoken.google.com/ and the id of the project."
        case .supabase where issuer.hasSuffix("/"), .clerk where issuer.hasSuffix("/"),
            .keycloak where issuer.hasSuffix("/"):
            "JWT_ISSUER of \(self.rawValue) must not end with a slash, because its tokens have none."
        default: nil
        }
    }

    /// What to do when no audience is set.
    var audienceHint: String {
        switch self {
        case .clerk:
            """
            Clerk's tokens have no audience: set JWT_AUTHORIZED_PARTIES to the origins of your app, such as \
            https://app.example.com.
            """
        case .auth0: "Set JWT_AUDIENCE to the identifier of your API in Auth0."
        case .keycloak:
            """
            Set JWT_AUTHORIZED_PARTIES to the id of the client that signs people in, or give that client an audience \
            mapper and set JWT_AUDIENCE.
            """
        case .supabase, .firebase: "Set JWT_AUDIENCE, or JWT_ISSUER, which it follows from."
        }
    }

    private static func firebaseProject(_ issuer: String) -> String? {
        let prefix = "https://securetoken.google.com/"
        let project = issuer.dropFirst(prefix.count)
        guard issuer.hasPrefix(prefix), !project.isEmpty, !project.contains("/") else { return nil }
        return String(project)
    }
}
