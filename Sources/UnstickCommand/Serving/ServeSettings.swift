import Logging
import Unstick
import UnstickServer

/// The checked settings of the server.
struct ServeSettings {
    /// The fewest characters of a cron secret.
    static let cronSecretLength = 16

    let host: String
    let port: Int
    var database: DatabaseOptions.Place
    let isProduction: Bool
    let cleanup: CleanupSettings
    /// The named policy file; `nil` for the default one.
    let policy: String?
    let cronSecret: SharedSecret?
    let adminSecret: AdminSecretAuthenticator?
    /// The settings for signed tokens; `nil` to accept none.
    let signedTokens: JWTSettings?
    /// The cookie in which an app of the same site stores such a token.
    let tokenCookie: String?
    /// The prefix of every path.
    let basePath: String
    let proxies: TrustedProxies
    /// The monitor of runs; `nil` for none.
    let heartbeat: MonitorURL?
    let receivers: WebhookReceivers
    let logLevel: Logger.Level
    /// `nil` leaves it to the environment and the terminal.
    let logFormat: LogFormat?

    /// - Throws: `invalidArgument` with the invalid setting and what is valid.
    init(_ settings: Settings) throws {
        self.host = settings[.host] ?? ""
        guard let port = settings[.port].flatMap({ Int($0) }), 0...65_535 ~= port else {
            throw UnstickError(.invalidArgument, "PORT must be from 0 to 65535; 0 takes a free one.")
        }
        self.port = port
        self.database = try DatabaseOptions.Place(settings)
        self.isProduction = try Self.isProduction(settings)
        self.cleanup = try CleanupSettings(settings)
        self.policy = settings[.policy]
        self.cronSecret = try Self.cronSecret(settings, isProduction: self.isProduction)
        self.adminSecret = try settings[.adminToken].map { try AdminSecretAuthenticator($0) }
        self.signedTokens = try Self.signedTokens(settings)
        self.tokenCookie = try Self.tokenCookie(settings, hasKeys: self.signedTokens != nil)
        guard let basePath = TrustedProxies.prefix(settings[.basePath] ?? "") else {
            throw UnstickError(
                .invalidArgument,
                "BASE_PATH must be a path such as /unstick: letters, digits, dots, hyphens, underscores and tildes."
            )
        }
        self.basePath = basePath
        self.proxies = try TrustedProxies(settings[.proxies] ?? "")
        self.heartbeat = try settings[.heartbeatURL].map { try HeartbeatOptions.url($0) }
        self.receivers = try WebhookReceivers(settings)
        self.logLevel = try Logger.Level(setting: settings[.logLevel] ?? "")
        self.logFormat = try settings[.logFormat].map { try LogFormat(setting: $0) }
    }

    private static func isProduction(_ settings: Settings) throws -> Bool {
        switch settings[.environment] {
        case "production": return true
        case "development": return false
        default: throw UnstickError(.invalidArgument, "UNSTICK_ENV must be production or development.")
        }
    }

    private static let tokenSettings: [Settings.Name] = [
        .jwtPreset, .jwtIssuer, .jwtAudience, .jwtParties, .jwtAlgorithms, .jwtSecret, .jwtKeys, .jwtRole,
        .jwtAdminValues, .jwtOperatorValues, .jwtViewerValues, .jwtOrganization, .jwtRoleIsTrusted,
    ]

    /// Signed tokens are accepted if any of their settings is set.
    private static func signedTokens(_ settings: Settings) throws -> JWTSettings? {
        guard Self.tokenSettings.contains(where: { settings[$0] != nil }) else { return nil }
        return try JWTSettings(
            preset: settings[.jwtPreset],
            issuer: settings[.jwtIssuer],
            audience: settings[.jwtAudience],
            authorizedParties: settings[.jwtParties],
            algorithms: settings[.jwtAlgorithms],
            secret: settings[.jwtSecret],
            jwks: settings[.jwtKeys],
            role: settings[.jwtRole],
            adminValues: settings[.jwtAdminValues],
            operatorValues: settings[.jwtOperatorValues],
            viewerValues: settings[.jwtViewerValues],
            organization: settings[.jwtOrganization],
            roleClaimIsTrusted: settings[.jwtRoleIsTrusted]
        )
    }

    private static func tokenCookie(_ settings: Settings, hasKeys: Bool) throws -> String? {
        guard let name = settings[.jwtCookie] else { return nil }
        guard hasKeys, name.wholeMatch(of: /[A-Za-z0-9_.-]{1,100}/) != nil else {
            throw UnstickError(
                .invalidArgument,
                "JWT_COOKIE names a cookie (letters, digits, dots, hyphens, underscores) and needs JWT_SECRET or JWT_JWKS."
            )
        }
        return name
    }

    private static func cronSecret(_ settings: Settings, isProduction: Bool) throws -> SharedSecret? {
        let minimum = isProduction ? cronSecretLength : 1
        let secrets = try [Settings.Name.cronSecret, .previousCronSecret].compactMap { name in
            try settings[name].map { secret in
                try SharedSecret.check(secret, name: name.variable, minimum: minimum)
                return secret
            }
        }
        guard settings[.cronSecret] != nil else {
            guard !isProduction, secrets.isEmpty else {
                throw UnstickError(
                    .invalidArgument,
                    "CRON_SECRET is not set, so any caller could start a run. Set it to \(cronSecretLength) characters or "
                        + "more, for example the output of: openssl rand -hex 32"
                )
            }
            return nil
        }
        return try SharedSecret(secrets, name: "CRON_SECRET", minimum: minimum)
    }
}

extension WebhookReceivers {
    /// The allowed webhook destinations, from the settings.
    init(_ settings: Settings) throws {
        try self.init(
            allowsHTTP: settings[.webhookHTTP] ?? "false",
            networks: settings[.webhookNetworks] ?? ""
        )
    }
}
