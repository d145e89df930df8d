import Unstick
import UnstickSQL

/// Creates and upgrades Unstick's own tables, also when many nodes do it at once.
struct PostgresMigrations {
    let pool: PostgresPool

    /// The lock that every node takes for the transaction in which it migrates.
    private static let lock = "SELECT pg_advisory_xact_lock(7886210391)"
    /// How long a node waits for another one to migrate, and for an index to be built.
    private static let gracePeriod = Duration.seconds(3600)

    /// Applies the missing steps.
    ///
    /// - Throws: `schemaMismatch` when a newer version of Unstick has changed the schema.
    func migrate() async throws {
        if try await self.missing().isEmpty { return }
        for step in try await self.migrateTables() { try await self.buildIndex(of: step) }
    }

    /// - Throws: `schemaMismatch` unless the schema is exactly this version's.
    func check() async throws {
        guard try await self.missing().isEmpty else {
            throw UnstickError.missingSteps
        }
    }

    /// All steps as a script, for operators who apply them themselves.
    static var script: String {
        let steps = PostgresSchema.migrations.map { step in
            """
            -- \(step.name)
            \(step.sqlOnNewTables)\(step.index == nil ? "" : ";")
            INSERT INTO unstick.migrations (name, applied_at)
                VALUES ('\(step.name)', CAST(extract(epoch FROM now()) * 1000 AS bigint));
            """
        }
        return (["BEGIN;", PostgresSchema.bookkeeping] + steps + ["COMMIT;"]).joined(separator: "\n\n")
    }

    /// Grants a role the rights for everything but migrations.
    func grant(to role: String) async throws {
        try await self.transaction { transaction in
            _ = try transaction.run(Self.calls(PostgresSchema.grants(to: role)))
        }
    }

    private func missing() async throws -> [Migration] {
        try await self.transaction { try Self.missing(in: $0) }
    }

    private static func missing(in transaction: PostgresTransaction) throws -> [Migration] {
        // Read as a table, because a lookup by name may use what this session cached before it waited for the lock.
        let bookkeeping = try transaction.run(
            """
            SELECT 1 FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
            WHERE n.nspname = 'unstick' AND c.relname = 'migrations'
            """
        )
        guard bookkeeping.count > 0 else { return PostgresSchema.migrations }
        let taken = try transaction.run("SELECT name FROM unstick.migrations").rows
        return try PostgresSchema.migrations.missing(from: taken)
    }

    /// The steps in one transaction, without the indices of existing tables.
    ///
    /// - Returns: the remaining steps: indices of tables in use.
    private func migrateTables() async throws -> [Migration] {
        try await self.transaction { transaction in
            // No node sees half of it, and a second node finds it done.
            try transaction.run(Self.lock)
            let missing = try Self.missing(in: transaction)
            let isFresh = missing.count == PostgresSchema.migrations.count
            if isFresh { try transaction.run(Self.calls(PostgresSchema.bookkeeping)) }
            for step in missing where isFresh || step.index == nil {
                try transaction.run(Self.calls(step.sqlOnNewTables) + [step.note])
            }
            return missing.filter { !isFresh && $0.index != nil }
        }
    }

    /// Builds an index while others write.
    ///
    /// This is no transaction, so a lease excludes other nodes. An index that a dead node left half built is started
    /// again.
    private func buildIndex(of step: Migration) async throws {
        guard let index = step.index else { return }
        let parameters: SQLArguments = [
            "name": "migrate", "holder": .text(RandomID.uuid()), "lease": .integer(Self.gracePeriod.inMilliseconds),
            "due": .null,
        ]
        while try await !self.transaction({ transaction in
            let calls = [ScheduleStatements.ensure, ScheduleStatements.claim].map { SQLCall($0, parameters) }
            return try transaction.run(calls)[1].affected == 1
        }) {
            try await Task.sleep(for: .milliseconds(200))
        }
        if try await self.missing().contains(where: { $0.name == step.name }) {
            for sql in ["DROP INDEX CONCURRENTLY IF EXISTS unstick.\(index)", step.sql] { try await self.alone(sql) }
        }
        try await self.transaction { transaction in
            _ = try transaction.run([step.note, SQLCall(ScheduleStatements.release, parameters)])
        }
    }

    private static func calls(_ script: String) -> [SQLCall] {
        SQLScript.statements(script).map { SQLCall($0) }
    }

    private func transaction<Value: Sendable>(
        _ body: @Sendable @escaping (PostgresTransaction) throws -> Value
    ) async throws -> Value {
        try await PostgresPool.repeating {
            try await self.pool.withConnection { connection in
                let transaction = PostgresTransaction(on: connection, limit: Self.gracePeriod)
                do {
                    let value = try body(transaction)
                    try transaction.commit()
                    return value
                } catch {
                    transaction.rollBack()
                    throw error
                }
            }
        }
    }

    /// Runs a statement outside a transaction.
    private func alone(_ sql: String) async throws {
        try await PostgresPool.repeating {
            try await self.pool.withConnection { connection in
                _ = try connection.send([SQLCall(sql)], limit: Self.gracePeriod)
            }
        }
    }
}
