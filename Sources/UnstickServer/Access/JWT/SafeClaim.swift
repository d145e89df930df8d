/// The claims that providers fill in from what only servers and admins can write, and that may so carry a role.
///
/// Every other claim may have come from its user: a name, an address, an attribute of the profile.
enum SafeClaim {
    /// Names of roles, groups and permissions at the top of a token.
    private static let names: Set<String> = [
        "role", "roles", "groups", "permissions", "user_role", "cognito:groups", "org_role", "org_permissions",
    ]
    /// The same behind a namespace, as `https://example.com/roles`.
    private static let namespaced: Set<String> = ["role", "roles", "groups", "permissions"]
    /// Objects that a provider lets only servers write, whatever is in them.
    private static let objects: Set<String> = ["app_metadata", "public_metadata"]

    /// Whether nobody but a server can write this claim, as far as is known.
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
