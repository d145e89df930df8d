import Unstick
import UnstickSQL

/// Creates and upgrades Unstick's own tables, also when many nodes do it at once.
struct MySQLMigrations: Sendable {
    private let pool: MySQLPool
    private let schema: MySQLSchema
    private let names: TableNames

    init(pool: MySQLPool, dialect: MySQLDialect) {
        self.pool = pool
        self.schema = MySQLSchema(dialect)
        self.names = dialect.names
    }

    /// How long a node waits for another one to migrate, and for one step.
    private static let gracePeriod = Duration.seconds(3600)

    /// Applies the missing steps.
    ///
    /// No step is part of a transaction here, so each can be repeated: if a node dies in a step, the next one repeats
    /// it.
    ///
    /// - Throws: `schemaMismatch` when a newer version of Unstick has changed the schema.
    func migrate() async throws {
        let lock = SQLCall(
            "SELECT get_lock('unstick_migrate', :wait)",
            ["wait": .integer(Int(Self.gracePeriod.components.seconds))]
        )
        try await self.onConnection { connection in
            guard try !self.missing(on: connection).isEmpty else { return }
            guard try Self.send(lock, on: connection).only().integer(at: 0) == 1 else {
                throw UnstickError.lockTimedOut
            }
            defer { _ = try? Self.send(SQLCall("DO release_lock('unstick_migrate')"), on: connection) }
            try self.define(self.schema.bookkeeping, on: connection)
            for step in try self.missing(on: connection) {
                for statement in SQLScript.statements(step.sql) { try self.define(statement, on: connection) }
                _ = try Self.send(step.note, on: connection)
            }
        }
    }

    /// - Throws: `schemaMismatch` unless the schema is exactly this version's.
    func check() async throws {
        guard try await self.onConnection({ try self.missing(on: $0) }).isEmpty else {
            throw UnstickError.missingSteps
        }
    }

    /// Gives a user or a role the rights that every command but `migrate` needs.
    func grant(to account: String) async throws {
        try await self.onConnection { connection in
            for statement in self.schema.grants(to: account) { try self.define(statement, on: connection) }
        }
    }

    /// All steps as a script, for operators who apply them themselves.
    ///
    /// - Parameter account: a user or a role that is granted what every command but `migrate` needs.
    func script(grantsTo account: String?) -> String {
        let steps = self.schema.migrations.flatMap { step in
            ["-- \(step.name)", step.sql + (step.sql.hasSuffix(";") ? "" : ";"), Self.noteScript(step)]
        }
        let settings = "SET sql_mode = '\(MySQLServer.modes)';"
        let grants = account.map { self.schema.grants(to: $0).map { $0 + ";" }.joined(separator: "\n") }
        // In its own mode the server makes no account that is not there.
        let granting = grants.map { ["SET sql_mode = DEFAULT;", $0] } ?? []
        return ([settings, self.schema.bookkeeping + ";"] + steps + granting)
            .map { StatementText.parsed(MySQLSpelling($0).sql, self.names).text }.joined(separator: "\n\n")
    }

    private static func noteScript(_ step: Migration) -> String {
        """
        INSERT INTO unstick.migrations (name, applied_at)
            VALUES ('\(step.name)', timestampdiff(SECOND, '1970-01-01', utc_timestamp()) * 1000);
        """
    }

    private func missing(on connection: MySQLConnection) throws -> [Migration] {
        let sql = """
            SELECT 1 FROM information_schema.tables
            WHERE table_schema = database() AND table_name = '\(self.names.stored("unstick.migrations"))'
            """
        let all = self.schema.migrations
        guard try Self.send(SQLCall(sql), on: connection).count > 0 else { return all }
        return try all.missing(from: Self.send(SQLCall("SELECT name FROM unstick.migrations"), on: connection).rows)
    }

    /// Runs a statement that not every server prepares.
    private func define(_ statement: String, on connection: MySQLConnection) throws {
        let sql = StatementText.parsed(MySQLSpelling(statement).sql, self.names).text
        try connection.define(sql, limit: Self.gracePeriod)
    }

    private static func send(_ call: SQLCall, on connection: MySQLConnection) throws -> MySQLResult {
        try connection.send([call], limit: self.gracePeriod)[0]
    }

    private func onConnection<Value: Sendable>(
        _ body: @Sendable @escaping (MySQLConnection) throws -> Value
    ) async throws -> Value {
        try await MySQLPool.repeating { try await self.pool.withConnection(body) }
    }
}
