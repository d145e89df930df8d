/// The statements of the sources: one for each mapping of a team's own tables.
package enum SourceStatements {
    private static let columns = "id, name, \"database\", \"schema\", \"table\", old_keys"

    /// One node at a time names a source.
    package static let lock = "LOCK TABLE unstick.sources IN SHARE ROW EXCLUSIVE MODE"

    /// Whether a source's table is still there.
    private static let isThere = """
        EXISTS (SELECT 1 FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
            WHERE n.nspname = sources."schema" AND c.relname = sources."table") AS is_there
        """

    package static let list = "SELECT \(columns), \(isThere) FROM unstick.sources ORDER BY created_at, id"

    package static let find = "SELECT \(columns), \(isThere) FROM unstick.sources WHERE name = :name"

    package static let insert = """
        INSERT INTO unstick.sources (\(columns), created_at)
        VALUES (:id, :name, current_database(), :schema, :table, :oldKeys, :now)
        """

    /// The mapping's table has another name or place.
    package static let move = """
        UPDATE unstick.sources SET "database" = current_database(), "schema" = :schema, "table" = :table WHERE id = :id
        """

    package static let rename = "UPDATE unstick.sources SET name = :to WHERE name = :name"

    /// Whose the old keys are is no longer taken for granted.
    package static let dispute = "UPDATE unstick.sources SET old_keys = 'unknown' WHERE old_keys = 'assumed'"

    /// An operator said whose the old keys are.
    package static let decide = """
        UPDATE unstick.sources SET old_keys = CASE WHEN name = :name THEN 'owned' ELSE 'none' END
        """

    /// Whether there are refunds from before there were sources.
    package static let hasOldKeys = "SELECT EXISTS (SELECT 1 FROM unstick.refunds WHERE source IS NULL) AS found"

    /// Whether a refund from before sources may be of a job of this table.
    package static func fitsOldKeys(_ jobs: TableMap.Jobs) -> String {
        """
        SELECT EXISTS (SELECT 1 FROM \(jobs.table) AS j JOIN unstick.refunds AS r
            ON r.user_id = \(jobs.user) AND r.id = \(RefundKey.own(job: jobs.idText, charge: jobs.charge))
            WHERE r.source IS NULL) AS found
        """
    }
}
