import Unstick
import UnstickSQL

/// A trigger on the jobs' table, for workers that do not know attempts.
///
/// It refuses the one transition that delivers refunded work: from a FAILED that Unstick set back to COMPLETED or
/// PROCESSING. Everything else is allowed, also a retry through PENDING.
public struct PostgresFence: Fence {
    private let store: PostgresStore
    private let table: String
    private let schema: String
    private let name: String
    private let failed: String
    private let revived: String
    private let id: String
    private static let trigger = "unstick_fence"

    /// - Throws: ``/Unstick/UnstickError`` `invalidArgument` where the mapping does not distinguish failed and completed
    ///   jobs.
    init(store: PostgresStore, compiler: MappingCompiler) throws {
        guard let table = compiler.jobsTable else { preconditionFailure("the mapping was compiled") }
        var states = compiler.states(in: table)
        guard let failed = states.condition(.failed), let completed = states.condition(.completed),
            let processing = states.condition(.processing)
        else {
            throw UnstickError(
                .invalidArgument,
                "A fence needs a mapping that says which jobs are failed, completed and processing."
            )
        }
        func row(_ name: String, _ sql: String) -> String { sql.replacing("j.\"", with: "\(name).\"") }
        self.store = store
        (self.table, self.schema, self.name) = (table.sql, table.schema, table.name)
        self.failed = row("OLD", failed)
        self.revived = "(\(row("NEW", completed))) OR (\(row("NEW", processing)))"
        self.id = row("OLD", store.map.jobs.idText)
    }

    /// Creates the trigger; a repetition changes nothing.
    public func install() async throws {
        // Without a stored source the trigger could not recognize the table's jobs.
        let source = try await self.store.makeSource()
        let function = "unstick.fence_\(PostgresStatement.digest(Array(self.table.utf8)))"
        try await self.run([
            """
            CREATE OR REPLACE FUNCTION \(function)() RETURNS trigger LANGUAGE plpgsql
            SECURITY DEFINER SET search_path = pg_catalog AS $fence$ BEGIN
                IF EXISTS (SELECT FROM unstick.run_items AS i WHERE i.job_id = \(self.id) AND \(Self.isOf(source))
                    AND i.action IN ('FAILED', 'FAILED_AND_REFUNDED', 'QUARANTINED')) THEN
                    RAISE EXCEPTION 'job % was timed out and cleaned up by Unstick; its result is refused', \(self.id)
                        USING ERRCODE = 'raise_exception', HINT = 'Start a new attempt by way of the queue.';
                END IF;
                RETURN NEW;
            END $fence$
            """,
            "CREATE INDEX IF NOT EXISTS run_items_by_job ON unstick.run_items (job_id)",
            "DROP TRIGGER IF EXISTS \(Self.trigger) ON \(self.table)",
            """
            CREATE TRIGGER \(Self.trigger) BEFORE UPDATE ON \(self.table) FOR EACH ROW
            WHEN ((\(self.failed)) AND (\(self.revived))) EXECUTE FUNCTION \(function)()
            """,
        ])
    }

    /// Whether an item belongs to this table; one from before sources existed may.
    private static func isOf(_ source: Source?) -> String {
        source.map { "(i.source = \(literal($0.id)) OR i.source IS NULL)" } ?? "true"
    }

    /// Removes the trigger.
    public func remove() async throws {
        try await self.run(["DROP TRIGGER IF EXISTS \(Self.trigger) ON \(self.table)"])
    }

    /// Whether the trigger exists and is enabled.
    public func isInstalled() async throws -> Bool {
        let sql = """
            SELECT 1 FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid
            JOIN pg_namespace AS n ON n.oid = c.relnamespace
            WHERE n.nspname = :schema AND c.relname = :table AND t.tgname = :trigger AND t.tgenabled <> 'D'
            """
        return try await !self.store.query(
            sql,
            ["schema": .text(self.schema), "table": .text(self.name), "trigger": .text(Self.trigger)]
        ) { _ in true }.isEmpty
    }

    private func run(_ statements: [String]) async throws {
        try await self.store.write(ifUnknown: .repeatIt) { transaction in
            _ = try transaction.run(statements.map { SQLCall($0) })
        }
    }
}

extension PostgresStore {
    /// The fence of the attached tables.
    public func fence(mapping: MappingFile, preset: Preset? = nil) async throws -> PostgresFence {
        let compiler = try await MappingCompiler(
            mapping,
            preset: preset,
            from: PostgresCatalogue(pool: self.pool),
            dialect: .postgres
        )
        _ = try compiler.compile()
        return try PostgresFence(store: self, compiler: compiler)
    }
}
