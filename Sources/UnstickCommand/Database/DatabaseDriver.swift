import Unstick
import UnstickMySQL
import UnstickPostgres
import UnstickSQLite

/// A kind of database that commands support.
protocol DatabaseDriver: Sendable {
    /// The schemes of its URLs.
    var schemes: [String] { get }

    func open(_ place: DatabaseOptions.Place, for purpose: DatabaseOptions.Purpose) async throws -> any Store

    /// Settings of the server that put money at risk.
    func warnings(of store: any Store) async throws -> [String]

    /// Checks the database, and a team's tables if a mapping names them.
    func examine(_ place: DatabaseOptions.Place, _ policy: Policy) async throws -> [Finding]

    /// The schema as a script.
    ///
    /// - Parameter role: a role that receives every right except those for migrations.
    func migrationScript(_ place: DatabaseOptions.Place, role: String?) async throws -> String

    /// Makes or updates the schema, and grants a role what everything but migrations needs.
    ///
    /// - Throws: `invalidArgument` where there are no roles.
    func migrate(_ place: DatabaseOptions.Place, granting role: String, by actor: ActorOptions) async throws
}

extension DatabaseDriver {
    func warnings(of store: any Store) -> [String] { [] }
}

/// The supported databases; a further one needs one line here.
let databaseDrivers: [any DatabaseDriver] = [SQLiteDriver(), PostgresDriver(), MySQLDriver()]

struct SQLiteDriver: DatabaseDriver {
    let schemes = ["sqlite:"]

    func open(_ place: DatabaseOptions.Place, for purpose: DatabaseOptions.Purpose) async throws -> any Store {
        let path = try place.path
        guard let (mapping, preset) = try place.tables() else {
            return switch purpose {
            case .reading: try SQLiteStore(readingOnly: path)
            case .changing: try SQLiteStore(path: path, missing: .refuse)
            case .creating: try SQLiteStore(path: path, missing: .create)
            }
        }
        return try await SQLiteStore(
            path: path,
            mapping: mapping,
            preset: preset,
            attaching: SQLiteStore.Attaching(purpose),
            allowsFullScan: place.allowsFullScan
        )
    }

    func examine(_ place: DatabaseOptions.Place, _ policy: Policy) async throws -> [Finding] {
        guard let (mapping, preset) = try place.tables() else {
            throw UnstickError(
                .invalidArgument,
                "doctor needs a database server (--database postgres://… or mysql://…), or your own tables (--mapping, "
                    + "--preset)."
            )
        }
        return try await SQLiteDoctor(path: place.path, mapping: mapping, preset: preset, policy: policy).examine()
    }

    func migrate(_ place: DatabaseOptions.Place, granting role: String, by actor: ActorOptions) throws {
        throw UnstickError(.invalidArgument, "--role needs a database server: SQLite has no roles.")
    }

    func migrationScript(_ place: DatabaseOptions.Place, role: String?) throws -> String {
        throw UnstickError(
            .invalidArgument,
            "--print needs a database server: --database postgres://… or mysql://…. For an SQLite file, run 'unstick migrate'."
        )
    }
}

extension SQLiteStore.Attaching {
    fileprivate init(_ purpose: DatabaseOptions.Purpose) {
        self =
            switch purpose {
            case .reading: .reading
            case .changing: .using
            case .creating: .migrating
            }
    }
}

struct PostgresDriver: DatabaseDriver {
    let schemes = ["postgres://", "postgresql://"]

    func open(_ place: DatabaseOptions.Place, for purpose: DatabaseOptions.Purpose) async throws -> any Store {
        try await place.openPostgres(missing: purpose == .creating ? .migrate : .leave)
    }

    func warnings(of store: any Store) async throws -> [String] {
        try await (store as? PostgresStore)?.warnings() ?? []
    }

    func examine(_ place: DatabaseOptions.Place, _ policy: Policy) async throws -> [Finding] {
        let tables = try place.tables()
        return try await PostgresDoctor(url: place.url, mapping: tables?.0, preset: tables?.1, policy: policy).examine()
    }

    func migrationScript(_ place: DatabaseOptions.Place, role: String?) -> String {
        PostgresStore.migrationScript(role: role)
    }

    func migrate(_ place: DatabaseOptions.Place, granting role: String, by actor: ActorOptions) async throws {
        let store = try await place.openPostgres(missing: .migrate)
        try await actor.administration(of: store).perform(.grantRights, role) { try await store.grantRights(to: role) }
    }
}

struct MySQLDriver: DatabaseDriver {
    let schemes = ["mysql://", "mariadb://"]

    func open(_ place: DatabaseOptions.Place, for purpose: DatabaseOptions.Purpose) async throws -> any Store {
        try await self.openMySQL(place, for: purpose)
    }

    private func openMySQL(
        _ place: DatabaseOptions.Place,
        for purpose: DatabaseOptions.Purpose
    ) async throws -> MySQLStore {
        guard try place.tables() == nil else {
            throw UnstickError(
                .invalidArgument,
                "Your own tables (--mapping, --preset) can be on PostgreSQL and SQLite. On MariaDB and MySQL, use Unstick's "
                    + "own tables."
            )
        }
        return try await MySQLStore(
            url: place.url,
            limits: MySQLStore.PoolLimits(connections: place.connections),
            missing: purpose == .creating ? .migrate : .leave
        )
    }

    func warnings(of store: any Store) async throws -> [String] {
        try await (store as? MySQLStore)?.warnings() ?? []
    }

    func examine(_ place: DatabaseOptions.Place, _ policy: Policy) async throws -> [Finding] {
        let store = try await self.open(place, for: .reading)
        defer { try? store.close() }
        let warnings = try await self.warnings(of: store).map {
            Finding(.warning, "server", $0)
        }
        try await store.checkReady()
        return warnings + [Finding(.ok, "schema", "Unstick's own tables are up to date.")]
    }

    func migrationScript(_ place: DatabaseOptions.Place, role: String?) async throws -> String {
        try await MySQLStore.migrationScript(url: place.url, role: role)
    }

    func migrate(_ place: DatabaseOptions.Place, granting role: String, by actor: ActorOptions) async throws {
        let store = try await self.openMySQL(place, for: .creating)
        try await actor.administration(of: store).perform(.grantRights, role) { try await store.grantRights(to: role) }
    }
}
