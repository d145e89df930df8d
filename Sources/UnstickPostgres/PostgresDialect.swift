package import UnstickSQL

/// The SQL of PostgreSQL.
package struct PostgresDialect: SQLDialect {
    package let names = TableNames.inSchema
    package let itemTicks = 1000
    package let locksRows = true
    package let marksClaims = true
    package let asksForRefunds = true
    package let locking = " FOR NO KEY UPDATE"
    package let computedOnce = "MATERIALIZED "
    package let keepsOrder = false
    package let firesTriggers: String? = "SET CONSTRAINTS ALL IMMEDIATE"

    /// A batch holds other users' balances while it waits, for example in a trigger.
    package let waitsShortly: String? = "SELECT set_config('lock_timeout', '1000', true)"

    package let runningClock: String? =
        "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint) AS microseconds"

    /// A cached plan for batches of any size may otherwise read the whole ledger, or sort all stuck jobs, for each batch.
    ///
    /// Without a suitable index the plan's estimated cost is high enough for just-in-time compilation, which takes
    /// longer than the query.
    package let indexOnlyPlanner: String? = """
        SELECT set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_hashjoin', 'off', true),
            set_config('enable_mergejoin', 'off', true), set_config('enable_seqscan', 'off', true),
            set_config('enable_bitmapscan', 'off', true), set_config('jit', 'off', true)
        """

    package func creation(of table: NewTable) -> String {
        table.creation(indexPrefix: "", options: "") { kind in
            switch kind {
            case .id, .word, .text: "text"
            case .integer: "bigint"
            case .flag: "boolean"
            }
        }
    }

    package func lockingFree(_ table: String) -> String { "FOR NO KEY UPDATE OF \(table) SKIP LOCKED" }

    package func greatest(_ a: String, _ b: String) -> String { "greatest(\(a), \(b))" }

    package func least(_ a: String, _ b: String) -> String { "least(\(a), \(b))" }

    package func delete(_ table: KeyedTable, using relation: String, where condition: String) -> String {
        "DELETE FROM \(table.name) AS \(table.alias) USING \(relation) WHERE \(condition)"
    }

    package func isSame(_ a: String, _ b: String) -> String { "\(a) IS NOT DISTINCT FROM \(b)" }

    package func isAfter(_ columns: (String, String), _ values: (String, String)) -> String {
        "(\(columns.0), \(columns.1)) > (\(values.0), \(values.1))"
    }

    package func sortable(_ number: String) -> String {
        "lpad(CAST(\(number) AS text), greatest(7, length(CAST(\(number) AS text))), '0')"
    }

    /// Not random: the tables may be distributed, and such engines refuse volatile functions.
    package func perMille(_ job: String, _ attempt: String) -> String {
        "(hashtextextended(\(job), \(attempt)) & 1023) * 999 / 1023"
    }

    /// With a plain join, PostgreSQL expects next to no rows, and so reads and sorts all jobs for each batch.
    package func joinOne(_ relation: String, on condition: String) -> String {
        "CROSS JOIN LATERAL (SELECT * FROM \(relation) WHERE \(condition) LIMIT 1) AS \(relation)"
    }

    package func rows(of parameter: String, _ columns: [(name: String, isText: Bool)]) -> String {
        let list = columns.map { "\($0.name) \($0.isText ? "text" : "bigint")" }
        return "SELECT * FROM json_to_recordset(CAST(\(parameter) AS json)) AS x(\(list.joined(separator: ", ")))"
    }

    package func object(_ fields: [(name: String, value: String)]) -> String {
        "json_build_object(\(fields.map { "'\($0.name)', \($0.value)" }.joined(separator: ", ")))"
    }

    package func mayRewrite(_ table: String) -> String { "true" }

    package func text(_ name: String, of object: String) -> String { "(\(object) ->> '\(name)')" }
}

extension SQLDialect where Self == PostgresDialect {
    package static var postgres: Self { PostgresDialect() }
}
