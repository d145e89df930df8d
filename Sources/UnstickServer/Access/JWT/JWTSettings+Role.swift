import Unstick

extension JWTSettings {
    /// The role from the claims; `nil` where they have none.
    ///
    /// The first place with a known value decides. Where it has several, the highest role counts.
    func role(in claims: JSONValue) -> Role? {
        for claim in self.roleClaims {
            guard let values = claim.value(in: claims).map({ Self.values(of: $0, at: claim) }),
                Self.isVerified(claim, in: claims)
            else { continue }
            if let role = self.role(of: values) { return role }
        }
        return nil
    }

    /// A user can enter any address, so it counts for a role only where the provider has verified it.
    private static func isVerified(_ claim: JSONPointer, in claims: JSONValue) -> Bool {
        guard claim.steps.first == "email" else { return true }
        guard case .object(let members) = claims else { return false }
        return members["email_verified"] == .flag(true)
    }

    private func role(of values: [String]) -> Role? {
        let roles = [(Role.admin, self.adminValues), (.operator, self.operatorValues), (.viewer, self.viewerValues)]
        return roles.first { _, known in
            values.contains { value in known.contains { $0.isExactly(value) } }
        }?.0
    }

    /// The values of a claim: a text and its words, as in `scope`; the texts of an array; `true` for a flag.
    ///
    /// An address is not split, because a part of it may look like another address.
    private static func values(of claim: JSONValue, at place: JSONPointer) -> [String] {
        switch claim {
        case .text(let text) where place.steps.first == "email": [text]
        case .text(let text): [text] + text.split(separator: " ").map(String.init)
        case .list(let list):
            list.compactMap { element in
                if case .text(let text) = element { text } else { nil }
            }
        case .flag(true): ["true"]
        default: []
        }
    }

    /// The name from the claims, for the audit log; `nil` where they have none that could be logged.
    func name(in claims: JSONValue) -> String? {
        self.nameClaims.lazy.compactMap { claim in
            guard case .text(let name) = claim.value(in: claims), Self.isWritable(name) else { return nil }
            // A user can enter any address, and the provider has not verified this one.
            if claim.steps == ["email"], case .object(let members) = claims, members["email_verified"] == .flag(false) {
                return nil
            }
            return name
        }
        .first
    }

    private static func isWritable(_ name: String) -> Bool {
        1...Limits.idBytes ~= name.utf8.count
            && !name.unicodeScalars.contains { scalar in
                // Invisible marks, and marks that change the direction of a line, would show another name.
                [.control, .format, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
            }
    }
}

/// The values of a claim for each role.
struct RoleValues {
    /// The values for admin.
    let admin: [String]
    /// The values for operator.
    let `operator`: [String]
    /// The values for viewer.
    let viewer: [String]

    /// The defaults of a provider.
    init(_ preset: JWTPreset?, ownClaims: Bool) {
        self.admin = preset?.adminValues(ownClaims: ownClaims) ?? ["admin"]
        self.operator = preset?.operatorValues ?? ["operator"]
        self.viewer = preset?.viewerValues ?? ["viewer"]
    }

    /// Uses the defaults for each role that has no values of its own.
    ///
    /// A value that is set for one role is no default of another. It throws ``/Unstick/UnstickError`` `invalidArgument`
    /// when a value is set for two roles.
    init(admin: [String], operator: [String], viewer: [String], defaults: RoleValues) throws {
        let given = admin + `operator` + viewer
        if let twice = given.first(where: { value in given.count { $0 == value } > 1 }) {
            throw UnstickError(
                .invalidArgument,
                """
                '\(twice)' appears twice in JWT_ADMIN_VALUES, JWT_OPERATOR_VALUES and JWT_VIEWER_VALUES, but a value \
                gives one role. Remove one.
                """
            )
        }
        self.admin = admin.isEmpty ? defaults.admin.filter { !given.contains($0) } : admin
        self.operator = `operator`.isEmpty ? defaults.operator.filter { !given.contains($0) } : `operator`
        self.viewer = viewer.isEmpty ? defaults.viewer.filter { !given.contains($0) } : viewer
    }
}
