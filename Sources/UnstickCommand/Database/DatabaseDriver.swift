import Unstick
import UnstickMySQL
import UnstickPostgres
import UnstickSQL
import UnstickSQLite

/// A kind of database that commands support.
protocol DatabaseDriver: Sendable {
    /// The schemes of its URLs.
    var schemes: [String] { get }

    /// Whether Unstick's own tables are the same whatever mapping is given.
    var hasOwnSchema: Bool { get }

    func open(_ place: DatabaseOptions.Place, for purpose: DatabaseOptions.Purpose) async throws -> any SQLStore

    /// Checks the database, and a team's tables if a mapping names them.
    func doctor(_ place: DatabaseOptions.Place, _ policy: Policy) async throws -> [Finding]

    /// The schema as a script.
    ///
    /// - Parameter role: a role that receives every right except those for migrations.
    func migrationScript(_ place: DatabaseOptions.Place, role: String?) async throws -> String

    /// Makes or updates the schema, and grants a role what everything but migrations needs.
    ///
    /// - Throws: `invalidArgument` where there are no roles.
    func migrate(_ place: DatabaseOptions.Place, granting role: String, by actor: ActorOptions) async throws

    /// The fence of a team's jobs, and the store for its audit entries.
    ///
    /// - Throws: `invalidArgument` where there are no fences, and without a mapping.
    func fence(
        _ place: DatabaseOptions.Place,
        for purpose: DatabaseOptions.Purpose
    ) async throws -> (any SQLStore, any Fence)
}

extension DatabaseDriver {
    var hasOwnSchema: Bool { false }

    func fence(_ place: DatabaseOptions.Place, for purpose: DatabaseOptions.Purpose) throws -> (any SQLStore, any Fence)
    {
        throw UnstickError(.invalidArgument, "A fence needs PostgreSQL: --database postgres://…")
    }
}

/// The supported databases; a further one needs one line here.
let databaseDrivers: [any DatabaseDriver] = [SQLiteDriver(), PostgresDriver(), MySQLDriver()]

struct SQLiteDriver: DatabaseDriver {
    let schemes = ["sqlite:"]

    func open(_ place: DatabaseOptions.Place, for purpose: DatabaseOptions.Purpose) async throws -> any SQLStore {
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

    func doctor(_ place: DatabaseOptions.Place, _ policy: Policy) async throws -> [Finding] {
        let tables = try place.tables()
        return try await SQLiteDoctor(path: place.path, mapping: tables?.0, preset: tables?.1, policy: policy).examine()
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
    let hasOwnSchema = true

    func open(_ place: DatabaseOptions.Place, for purpose: DatabaseOptions.Purpose) async throws -> any SQLStore {
        try await self.openPostgres(place, for: purpose)
    }

    private func openPostgres(
        _ place: DatabaseOptions.Place,
        for purpose: DatabaseOptions.Purpose
    ) async throws -> PostgresStore {
        let limits = PostgresStore.PoolLimits(connections: place.connections)
        let missing: PostgresStore.Missing = purpose == .creating ? .migrate : .leave
        guard let (mapping, preset) = try place.tables() else {
            return try await PostgresStore(url: place.url, limits: limits, missing: missing)
        }
        return try await PostgresStore(
            url: place.url,
            mapping: mapping,
            preset: preset,
            limits: limits,
            missing: missing,
            allowsFullScan: place.allowsFullScan
        )
    }

    func doctor(_ place: DatabaseOptions.Place, _ policy: Policy) async throws -> [Finding] {
        let tables = try place.tables()
        return try await PostgresDoctor(url: place.url, mapping: tables?.0, preset: tables?.1, policy: policy).examine()
    }

    func migrationScript(_ place: DatabaseOptions.Place, role: String?) -> String {
        PostgresStore.migrationScript(role: role)
    }

    func migrate(_ place: DatabaseOptions.Place, granting role: String, by actor: ActorOptions) async throws {
        let store = try await self.openPostgres(place, for: .creating)
        try await actor.administration(of: store).perform(.grantRights, role) { try await store.grantRights(to: role) }
    }

    func fence(
        _ place: DatabaseOptions.Place,
        for purpose: DatabaseOptions.Purpose
    ) async throws -> (any SQLStore, any Fence) {
        guard let (mapping, preset) = try place.tables() else {
            throw UnstickError(
                .invalidArgument,
                "A fence is for your own tables: give --mapping or --preset. Unstick's own tables do not need one."
            )
        }
        let store = try await self.openPostgres(place, for: purpose)
        return (store, try await store.fence(mapping: mapping, preset: preset))
    }
}

struct MySQLDriver: DatabaseDriver {
    let schemes = ["mysql://", "mariadb://"]

    func open(_ place: DatabaseOptions.Place, for purpose: DatabaseOptions.Purpose) async throws -> any SQLStore {
        try await self.openMySQL(place, for: purpose)
    }

    private func openMySQL(
        _ place: DatabaseOptions.Place,
        for purpose: DatabaseOptions.Purpose
    ) async throws -> MySQLStore {
        try self.refuseMapping(place)
        return try await MySQLStore(
            url: place.url,
            limits: MySQLStore.PoolLimits(connections: place.connections),
            missing: purpose == .creating ? .migrate : .leave
        )
    }

    private func refuseMapping(_ place: DatabaseOptions.Place) throws {
        guard try place.tables() == nil else {
            throw UnstickError(
                .invalidArgument,
                "Your own tables (--mapping, --preset) can be on PostgreSQL and SQLite. On MariaDB and MySQL, use Unstick's "
                    + "own tables."
            )
        }
    }

    func doctor(_ place: DatabaseOptions.Place, _ policy: Policy) async throws -> [Finding] {
        try self.refuseMapping(place)
        return try await MySQLDoctor(url: place.url).examine()
    }

    func migrationScript(_ place: DatabaseOptions.Place, role: String?) async throws -> String {
        try await MySQLStore.migrationScript(url: place.url, role: role)
    }

    func migrate(_ place: DatabaseOptions.Place, granting role: String, by actor: ActorOptions) async throws {
        let store = try await self.openMySQL(place, for: .creating)
        try await actor.administration(of: store).perform(.grantRights, role) { try await store.grantRights(to: role) }
    }
}
