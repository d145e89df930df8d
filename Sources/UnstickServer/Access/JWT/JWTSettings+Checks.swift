import Unstick

extension JWTSettings {
    /// Names of fields that users can change at their provider.
    private static let editable: Set<String> = [
        "user_metadata", "userMetadata", "unsafe_metadata", "unsafeMetadata", "raw_user_meta_data",
    ]

    /// Refuses claims that users can set themselves.
    static func check(_ claim: JSONPointer, inOrganization: Bool) throws {
        // Auth0 and others put a namespace with slashes before a name.
        let names = claim.steps.map { String($0.split(separator: "/").last ?? "") }
        if let editable = names.first(where: Self.editable.contains) {
            throw UnstickError(
                .invalidArgument,
                """
                JWT_ROLE has \(claim.text), but users can edit their \(editable) themselves: any user could become \
                an admin. Put the role where only your server can write, such as app_metadata.
                """
            )
        }
        guard inOrganization || claim.steps.first.map({ $0 == "o" || $0.hasPrefix("org_") }) != true else {
            throw UnstickError(
                .invalidArgument,
                """
                JWT_ROLE has \(claim.text), which is about an organization, but any user who creates an organization is its \
                admin. Set JWT_ORGANIZATION to the id of yours, or use a claim of the user.
                """
            )
        }
    }

    /// Whether claims that are not known to be safe are accepted.
    static func isTrusted(_ text: String?) throws -> Bool {
        switch Self.text(text) {
        case nil, "false": return false
        case "true": return true
        default: throw UnstickError(.invalidArgument, "JWT_ROLE_CLAIM_IS_TRUSTED must be true or false.")
        }
    }

    /// The claims that are safe only by the settings.
    ///
    /// - Throws: `invalidArgument` where the settings do not say so.
    static func trusted(_ claims: [JSONPointer], _ preset: JWTPreset?, isTrusted: Bool) throws -> [JSONPointer] {
        let unknown = claims.filter { !SafeClaim.isKnown($0, preset) }
        guard let first = unknown.first, !isTrusted else { return unknown }
        throw UnstickError(
            .invalidArgument,
            """
            JWT_ROLE has \(first.text), and it is not known that only servers write this claim: if users can \
            write it, any user could become an admin. Use one such as /role, /app_metadata/role or /groups, or set \
            JWT_ROLE_CLAIM_IS_TRUSTED=true if you are sure that no user can.
            """
        )
    }

    /// Checks the settings as a whole.
    func check(_ preset: JWTPreset?) throws {
        guard !self.audiences.isEmpty || !self.authorizedParties.isEmpty else {
            let hint =
                preset?.audienceHint ?? "Set JWT_AUDIENCE to what the tokens for Unstick have in their claim aud."
            throw UnstickError(
                .invalidArgument,
                """
                JWT_AUDIENCE and JWT_AUTHORIZED_PARTIES are not set, so a token for any other app of the same \
                provider would be accepted. \(hint)
                """
            )
        }
        let lists = [
            ("JWT_AUDIENCE", self.audiences), ("JWT_AUTHORIZED_PARTIES", self.authorizedParties),
            ("JWT_ROLE", self.roleClaims.map(\.text)), ("JWT_ADMIN_VALUES", self.adminValues),
            ("JWT_OPERATOR_VALUES", self.operatorValues), ("JWT_VIEWER_VALUES", self.viewerValues),
        ]
        for (name, list) in lists {
            guard list.count <= Self.limits.parts, list.allSatisfy({ $0.utf8.count <= Self.limits.bytes }) else {
                throw UnstickError(
                    .invalidArgument,
                    """
                    \(name) has more than \(Self.limits.parts) parts, or one of more than \(Self.limits.bytes) bytes. \
                    Remove what is not needed.
                    """
                )
            }
        }
    }
}

/// The claims that providers fill only with values that servers and admins write, so that they can carry a role.
///
/// Users may control any other claim: a name, an address, an attribute of the profile.
enum SafeClaim {
    /// Names of roles, groups and permissions at the top of a token.
    private static let names: Set<String> = [
        "role", "roles", "groups", "permissions", "user_role", "cognito:groups", "org_role", "org_permissions",
    ]
    /// The same after a namespace, as in `https://example.com/roles`.
    private static let namespaced: Set<String> = ["role", "roles", "groups", "permissions"]
    /// Objects that only servers can write at a provider.
    private static let objects: Set<String> = ["app_metadata", "public_metadata"]

    /// Whether only servers write this claim.
    static func isKnown(_ claim: JSONPointer, _ preset: JWTPreset?) -> Bool {
        if let preset, [true, false].contains(where: { preset.roleClaims(inOrganization: $0).contains(claim.text) }) {
            return true
        }
        // One element of a list is as safe as the list.
        let steps = claim.steps.last.map { Int($0) != nil } == true ? claim.steps.dropLast() : claim.steps
        switch steps.count {
        case 1: return self.names.contains(steps[0]) || self.isNamespaced(steps[0], self.namespaced)
        // Keycloak's roles of a realm and of a client, and Clerk's of an organization.
        case 2 where steps == ["realm_access", "roles"] || steps == ["o", "rol"]: return true
        case 3 where steps[0] == "resource_access" && steps[2] == "roles": return true
        case 2...: return self.objects.contains(steps[0]) || self.isNamespaced(steps[0], self.objects)
        default: return false
        }
    }

    /// Whether a name is a URL that ends with one of these.
    private static func isNamespaced(_ name: String, _ names: Set<String>) -> Bool {
        guard name.hasPrefix("https://") || name.hasPrefix("http://") else { return false }
        let parts = name.split(separator: "/").map(String.init)
        return parts.last.map { names.contains($0) } == true && !parts.contains("user_metadata")
    }
}
