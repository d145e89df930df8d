import Unstick
import UnstickSQL

extension MySQLStore {
    /// The oldest supported servers.
    private static let oldest = (mariaDB: 100_600, mySQL: 80_000)

    /// - Throws: `databaseUnavailable` for a server that is too old, `databaseUnusable` for one that accepts no
    ///   changes.
    func checkServer() async throws {
        let sql = """
            SELECT @@global.read_only AS read_only, @@innodb_read_only AS innodb_read_only, @@log_bin AS log_bin,
                @@binlog_format AS format,
                (SELECT support FROM information_schema.engines WHERE engine = 'InnoDB') AS innodb
            """
        try await self.pool.once { connection in
            try Self.check(connection.server)
            let row = try connection.send([SQLCall(sql)], limit: ServerLimits.statement)[0].only()
            guard ["YES", "DEFAULT"].contains(row.text("innodb")) else {
                throw UnstickError(.databaseUnusable, "The server has no InnoDB, which Unstick needs. Turn it on.")
            }
            if Self.isOn("read_only", row) || Self.isOn("innodb_read_only", row) {
                throw UnstickError(.databaseUnavailable, UnstickError.readOnlyServer.message)
            }
            guard !Self.isOn("log_bin", row) || row.text("format") != "STATEMENT" else {
                throw UnstickError(
                    .databaseUnusable,
                    "The server's binary log is in STATEMENT format, which does not work with READ COMMITTED. Set "
                        + "binlog_format to ROW or MIXED."
                )
            }
        }
    }

    private static func check(_ server: MySQLServer) throws {
        guard server.version < (server.isMariaDB ? self.oldest.mariaDB : self.oldest.mySQL) else { return }
        let version = "\(server.version / 10_000).\(server.version / 100 % 100)"
        throw UnstickError(
            .databaseUnavailable,
            "The server is \(server.isMariaDB ? "MariaDB" : "MySQL") \(version). Unstick needs MariaDB 10.6 or MySQL 8.0, or "
                + "later."
        )
    }

    /// A system variable is a number or a word, depending on the server.
    private static func isOn(_ variable: String, _ row: any StoredRow) -> Bool {
        !["0", "OFF"].contains(row.text(variable))
    }

    /// Settings of the server that put money at risk, as text; empty when there are none.
    public func warnings() async throws -> [String] {
        let sql = """
            SELECT @@innodb_flush_log_at_trx_commit AS flush, @@log_bin AS log_bin, @@sync_binlog AS sync,
                @@innodb_doublewrite AS doublewrite
            """
        return try await self.once([SQLCall(sql)]) { results in
            let row = try results[0].only()
            return [
                row.integer("flush") == 1
                    ? nil
                    : "innodb_flush_log_at_trx_commit is not 1: the last refunds before a crash can be lost. Set it to 1.",
                Self.isOn("log_bin", row) && row.integer("sync") == 0
                    ? "sync_binlog is 0: after a power cut, replicas can have other refunds than the primary. Set it to 1."
                    : nil,
                Self.isOn("doublewrite", row)
                    ? nil : "innodb_doublewrite is off: a power cut can damage the database. Turn it on.",
            ].compactMap { $0 }
        }
    }
}
