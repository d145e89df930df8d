import Configuration
import Unstick

/// The settings from flags, the environment and a file, in this precedence: the only reader of the environment, for the
/// server and for every command.
struct Settings {
    /// The names of the settings.
    ///
    /// The raw value is the key in the file; the environment has it in capitals.
    enum Name: String, CaseIterable {
        case host
        case port
        case databaseURL = "database.url"
        case poolSize = "database.pool.size"
        case mapping = "unstick.mapping"
        case preset = "unstick.preset"
        case onStuck = "unstick.on.stuck"
        case policy = "unstick.policy"
        case environment = "unstick.env"
        case schedule = "cleanup.schedule"
        case zone = "cleanup.zone"
        case timeout = "cleanup.timeout"
        case batchSize = "cleanup.batch.size"
        case cronSecret = "cron.secret"
        case previousCronSecret = "cron.secret.previous"
        case adminToken = "unstick.admin.token"
        case basePath = "base.path"
        case proxies = "trusted.proxies"
        case jwtPreset = "jwt.preset"
        case jwtIssuer = "jwt.issuer"
        case jwtAudience = "jwt.audience"
        case jwtParties = "jwt.authorized.parties"
        case jwtAlgorithms = "jwt.algorithms"
        case jwtSecret = "jwt.secret"
        case jwtKeys = "jwt.jwks"
        case jwtRole = "jwt.role"
        case jwtRoleIsTrusted = "jwt.role.claim.is.trusted"
        case jwtAdminValues = "jwt.admin.values"
        case jwtOperatorValues = "jwt.operator.values"
        case jwtViewerValues = "jwt.viewer.values"
        case jwtOrganization = "jwt.organization"
        case jwtCookie = "jwt.cookie"
        case heartbeatURL = "heartbeat.url"
        case webhookNetworks = "webhook.allow.cidrs"
        case webhookHTTP = "webhook.allow.http"
        case logLevel = "log.level"
        case logFormat = "log.format"

        /// The default.
        var standard: String? {
            switch self {
            case .host: "127.0.0.1"
            case .port: "8080"
            case .databaseURL: DatabaseOptions.standard
            case .environment: "development"
            case .schedule: "*/15 * * * *"
            case .zone: "UTC"
            case .logLevel: "info"
            case .poolSize: "10"
            case .webhookHTTP: "false"
            default: nil
            }
        }

        var isSecret: Bool {
            // The URL of a monitor is a secret, because it is enough to report a success.
            [.cronSecret, .previousCronSecret, .adminToken, .jwtSecret, .heartbeatURL].contains(self)
        }

        /// The setting that excludes this one.
        fileprivate var other: Name? {
            switch self {
            case .mapping: .preset
            case .preset: .mapping
            default: nil
            }
        }

        fileprivate var configKey: AbsoluteConfigKey {
            AbsoluteConfigKey(self.rawValue.split(separator: ".").map(String.init))
        }

        /// Its name in the environment.
        var variable: String {
            self.rawValue.uppercased().replacing(".", with: "_")
        }
    }

    private let values: [Name: String]

    /// Reads the settings from flags, the environment and a file.
    ///
    /// - Throws: `invalidInput` when the file cannot be read, or has an unknown setting; `invalidArgument` for a
    ///   setting that could not be compared.
    init(flags: [Name: String?] = [:], file: String? = nil) throws {
        let set = flags.compactMap { name, value in
            value.map { (name.configKey, ConfigValue(.string($0), isSecret: false)) }
        }
        var providers: [any ConfigProvider] = [
            InMemoryProvider(name: "flags", values: Dictionary(uniqueKeysWithValues: set)),
            EnvironmentVariablesProvider(),
        ]
        if let file {
            let values = try SettingsFile(path: file).read().map {
                ($0.configKey, ConfigValue(.string($1), isSecret: false))
            }
            providers.append(InMemoryProvider(name: "file", values: Dictionary(uniqueKeysWithValues: values)))
        }
        let reader = ConfigReader(providers: providers)
        self.values = Dictionary(
            uniqueKeysWithValues: try Name.allCases.compactMap { name in
                // A flag overrides the excluded setting too.
                if let other = name.other, flags[other] ?? nil != nil, flags[name] ?? nil == nil { return nil }
                let key = ConfigKey(name.rawValue.split(separator: ".").map(String.init))
                let value = reader.string(forKey: key, isSecret: name.isSecret || name == .databaseURL)
                let given = try value.flatMap { try SettingText.checked($0, name) }
                return (given ?? name.standard).map { (name, $0) }
            }
        )
    }

    subscript(name: Name) -> String? { self.values[name] }

    /// Prints the settings in force, with secrets masked.
    func show(asJSON: Bool) throws {
        let shown = Name.allCases.map { name in
            (
                name.variable,
                self[name].map { SettingText.shown($0, name) }
            )
        }
        if asJSON { return try Output.json(Dictionary(uniqueKeysWithValues: shown)) }
        let width = 2 + (shown.map(\.0.count).max() ?? 0)
        for (variable, value) in shown { Output.line(variable.padded(to: width) + (value ?? "(not set)")) }
    }
}
