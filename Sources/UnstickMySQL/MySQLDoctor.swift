import Unstick
public import UnstickSQL

/// Checks a MariaDB or MySQL server, and Unstick's own tables in it, and reports problems.
///
/// It changes nothing.
public struct MySQLDoctor: Sendable {
    private let url: String

    /// - Parameter url: the URL of the database; see ``MySQLStore``.
    public init(url: String) {
        self.url = url
    }

    /// The results of all checks.
    ///
    /// - Throws: ``/Unstick/UnstickError`` `databaseUnavailable` when the database cannot be reached or is too old,
    ///   `databaseUnusable` when it is read-only, has no InnoDB or the wrong binary log.
    public func examine() async throws -> [Finding] {
        let store = try await MySQLStore(url: self.url, limits: PoolLimits(connections: 1), missing: .leave)
        defer { try? store.close() }
        let sql = "SELECT version() AS version, current_user() AS account"
        let connection = try await store.once([SQLCall(sql)]) { results in
            let row = try results[0].only()
            return "\(row.text("version") ?? "?") as \(row.text("account") ?? "?")"
        }
        return [
            Finding(.ok, "connection", connection), Finding(.ok, "primary", "this server accepts writes"),
        ] + (try await store.warnings().map { Finding(.warning, "server", $0) }) + [
            try await Finding.clock { try await store.now() },
            try await Finding.ownTables("tables unstick_…", isMapped: false) { try await store.checkReady() },
        ]
    }
}
