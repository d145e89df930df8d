/// The jobs that wait to be started.
package enum WaitingStatements {
    /// How many there are, at most `:limit` plus one, and since when the oldest of them has been waiting; `nil` where
    /// the tables do not have that.
    ///
    /// A job that waits for its next attempt by its rule does not count.
    package static func waiting(in map: ResolvedTables) -> String? {
        guard let isPending = map.jobs.isPending else { return nil }
        let created = map.jobs.created.map { $0.clock.milliseconds($0.sql) }
        let available = map.jobs.available
        let since = available.map { map.dialect.greatest(created ?? $0, $0) } ?? created ?? "CAST(NULL AS bigint)"
        let isDue =
            (available.map { " AND \($0) <= :now" } ?? "") + (map.jobs.isReadable.map { " AND \($0)" } ?? "")
        let order = map.jobs.created.map { "ORDER BY \($0.sql)" } ?? ""
        return """
            SELECT count(*) AS jobs, min(w.since) AS since FROM (
                SELECT \(since) AS since FROM \(map.jobs.table) AS j WHERE \(isPending)\(isDue)
                \(order) LIMIT :most
            ) AS w
            """
    }
}
