import Unstick

/// The values of a claim that give each role.
struct RoleValues {
    /// Those that make an admin.
    let admin: [String]
    /// Those that make an operator.
    let `operator`: [String]
    /// Those that make a viewer.
    let viewer: [String]

    /// The defaults of a provider.
    init(_ preset: JWTPreset?, ownClaims: Bool) {
        self.admin = preset?.adminValues(ownClaims: ownClaims) ?? ["admin"]
        self.operator = preset?.operatorValues ?? ["operator"]
        self.viewer = preset?.viewerValues ?? ["viewer"]
    }

    /// Takes the defaults for each role that has no values of its own.
    ///
    /// A value that was given to one role is no default of another. It throws ``Unstick/UnstickError``
    /// `invalidArgument` when a value was given to two roles.
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
