/// The statements of the sources: one for each mapping of a team's own tables.
package struct SourceStatements {
    private let dialect: any SQLDialect

    init(_ dialect: any SQLDialect) {
        self.dialect = dialect
    }

    private static let columns = "id, name, \"database\", \"schema\", \"table\", old_keys"

    /// One node at a time names a source; `nil` where a transaction ensures that.
    var lock: String? { self.dialect.locksSources }

    private var selected: String {
        let isThere = self.dialect.tableExists(schema: "s.\"schema\"", table: "s.\"table\"")
        return "SELECT \(Self.columns), \(isThere) AS is_there FROM unstick.sources AS s"
    }

    var list: String { "\(self.selected) ORDER BY created_at, id" }

    var find: String { "\(self.selected) WHERE name = :name" }

    var insert: String {
        """
        INSERT INTO unstick.sources (\(Self.columns), created_at)
        VALUES (:id, :name, \(self.dialect.databaseName), :schema, :table, :oldKeys, :now)
        """
    }

    /// The mapping's table has another name or place.
    var move: String {
        """
        UPDATE unstick.sources SET "database" = \(self.dialect.databaseName), "schema" = :schema, "table" = :table
        WHERE id = :id
        """
    }

    let rename = "UPDATE unstick.sources SET name = :to WHERE name = :name"

    /// The owner of the old keys is no longer certain.
    let dispute = "UPDATE unstick.sources SET old_keys = 'unknown' WHERE old_keys = 'assumed'"

    /// An operator decided which source owns the old keys.
    let decide = """
        UPDATE unstick.sources SET old_keys = CASE WHEN name = :name THEN 'owned' ELSE 'none' END
        """

    /// What is stored about the times of a source's mapping.
    let times = "SELECT ran_at, ran_times, accepted_times, accepted_by, accepted_at FROM unstick.sources WHERE id = :id"

    /// A run that changes jobs starts with these times.
    let start = "UPDATE unstick.sources SET ran_at = coalesce(ran_at, :now), ran_times = :times WHERE id = :id"

    /// An operator accepted these times.
    let accept = """
        UPDATE unstick.sources SET accepted_times = :times, accepted_by = :by, accepted_at = :now WHERE id = :id
        """

    /// The step that adds the columns of these statements.
    ///
    /// A mapping whose runs changed jobs before needs no first check.
    package static func addTimes(integer: String, text: String) -> String {
        let columns = [
            ("ran_at", integer), ("ran_times", text), ("accepted_times", text), ("accepted_by", text),
            ("accepted_at", integer),
        ]
        let changes = columns.map { "ALTER TABLE unstick.sources ADD COLUMN \($0) \($1);" }.joined(separator: "\n")
        return """
            \(changes)
            UPDATE unstick.sources SET ran_at = created_at WHERE id IN (
                SELECT i.source FROM unstick.run_items AS i WHERE i.source IS NOT NULL AND i.action IN
                    ('FAILED_AND_REFUNDED', 'FAILED', 'RETRIED', 'REPORTED', 'QUARANTINED'));
            """
    }

    /// Whether there are refunds from before sources existed.
    let hasOldKeys = "SELECT EXISTS (SELECT 1 FROM unstick.refunds WHERE source IS NULL) AS found"

    /// Whether a refund from before sources existed may be of a job of this table.
    func fitsOldKeys(_ jobs: ResolvedTables.Jobs) -> String {
        """
        SELECT EXISTS (SELECT 1 FROM \(jobs.table) AS j JOIN unstick.refunds AS r
            ON r.user_id = \(jobs.user) AND r.id = \(RefundKey.own(job: jobs.idText, charge: jobs.charge))
            WHERE r.source IS NULL) AS found
        """
    }
}
