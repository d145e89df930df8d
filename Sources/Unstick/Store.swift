/// A database that plays every role: what the server and the command line work on.
public typealias Store = AccessTokenStore & CleanupStore & HistoryStore & ImportStore & JobStore & LedgerStore
    & ReadinessCheck & ScheduleStore

/// Whether a store can serve.
public protocol ReadinessCheck: Sendable {
    /// Whether the database answers and has the schema of this version.
    ///
    /// - Throws: ``UnstickError`` `databaseUnavailable` or `schemaMismatch`.
    func checkReady() async throws
}
