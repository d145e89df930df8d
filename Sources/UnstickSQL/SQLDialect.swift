/// Where the two databases say the same thing in different words.
package enum SQLDialect: Sendable {
    case sqlite
    case postgres

    /// The units per millisecond of the times in run items.
    package var itemTicks: Int { self == .sqlite ? 1 : 1000 }

    /// Keeps a row as it is until the transaction ends, where several write at once.
    var lockRow: String { self == .sqlite ? "" : " FOR NO KEY UPDATE" }

    /// Whether a team's own billing may be asked for refunds.
    var asksForRefunds: Bool { self == .postgres }

    /// Makes the planner use keys in this transaction; `nil` if it always does.
    ///
    /// Without this, a plan that is made once for batches of any size may read the whole ledger for each of them. Without a
    /// fitting index the plan's estimated cost is high enough for just-in-time compilation, which takes longer than the query.
    package var keyedPlans: String? {
        guard self == .postgres else { return nil }
        return """
            SELECT set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_hashjoin', 'off', true),
                set_config('enable_mergejoin', 'off', true), set_config('enable_seqscan', 'off', true),
                set_config('jit', 'off', true)
            """
    }

    func greatest(_ a: String, _ b: String) -> String { "\(self == .sqlite ? "max" : "greatest")(\(a), \(b))" }

    func least(_ a: String, _ b: String) -> String { "\(self == .sqlite ? "min" : "least")(\(a), \(b))" }

    /// Equality that holds for two NULLs.
    func isSame(_ a: String, _ b: String) -> String {
        "\(a) \(self == .sqlite ? "IS" : "IS NOT DISTINCT FROM") \(b)"
    }

    /// The order of two columns together, in the form that an index serves.
    func isAfter(_ columns: (String, String), _ values: (String, String)) -> String {
        self == .sqlite
            ? "\(columns.0) >= \(values.0) AND (\(columns.0) > \(values.0) OR \(columns.1) > \(values.1))"
            : "(\(columns.0), \(columns.1)) > (\(values.0), \(values.1))"
    }

    /// A whole number as a text that sorts as the number does, up to ten million.
    func sortable(_ number: String) -> String {
        self == .sqlite
            ? "printf('%07d', \(number))"
            : "lpad(CAST(\(number) AS text), greatest(7, length(CAST(\(number) AS text))), '0')"
    }

    /// A whole number from 0 to 999 that differs from job to job and from attempt to attempt.
    ///
    /// Not drawn where the tables may be distributed: such engines refuse what is volatile.
    func perMille(_ job: String, _ attempt: String) -> String {
        self == .sqlite ? "abs(random() % 1000)" : "(hashtextextended(\(job), \(attempt)) & 1023) * 999 / 1023"
    }

    /// Joins the one row of a small relation that fits, for each row of what stands before, which is read in its own order.
    ///
    /// Left to a plain join PostgreSQL expects next to no rows, and so reads and sorts all jobs for each batch; SQLite reads
    /// all jobs again for each row of the relation.
    func joinOne(_ relation: String, on condition: String) -> String {
        switch self {
        case .sqlite: "CROSS JOIN \(relation) ON \(condition)"
        case .postgres: "CROSS JOIN LATERAL (SELECT * FROM \(relation) WHERE \(condition) LIMIT 1) AS \(relation)"
        }
    }

    /// How a relation is marked that is to be computed once, and in the order that it names.
    ///
    /// SQLite reads such a relation as it computes it.
    var onePass: String { self == .sqlite ? "" : "MATERIALIZED " }

    /// Whether rows of an ordered relation are read in its order without ordering them again.
    var keepsOrder: Bool { self == .sqlite }

    /// Locks the rows of a table until the end of the transaction, passing over those that somebody else has locked.
    ///
    /// On SQLite the transaction has the whole database.
    func lock(_ table: String) -> String {
        self == .sqlite ? "" : "FOR NO KEY UPDATE OF \(table) SKIP LOCKED"
    }

    /// The objects of a JSON array as rows.
    func rows(of parameter: String, _ columns: [(name: String, isText: Bool)]) -> String {
        switch self {
        case .sqlite:
            let list = columns.map { "json_extract(value, '$.\($0.name)') AS \($0.name)" }
            return "SELECT \(list.joined(separator: ", ")) FROM json_each(\(parameter))"
        case .postgres:
            let list = columns.map { "\($0.name) \($0.isText ? "text" : "bigint")" }
            return "SELECT * FROM json_to_recordset(CAST(\(parameter) AS json)) AS x(\(list.joined(separator: ", ")))"
        }
    }
}
