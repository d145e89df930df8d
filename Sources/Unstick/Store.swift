/// A database that plays every role: what the server and the command line work on.
public typealias Store = AccessTokenStore & AlertStore & CleanupStore & EventStore & HistoryStore & ImportStore
    & JobStore
    & LedgerStore & PastJobStore & PauseStore & ScheduleStore & StoreConnection & WebhookStore

/// The connection itself: whether it can serve, and its end.
public protocol StoreConnection: Sendable {
    /// Whether the database answers and has the schema of this version.
    ///
    /// - Throws: ``UnstickError`` `databaseUnavailable` or `schemaMismatch`.
    func checkReady() async throws

    /// Ends the connection once what is going on has ended.
    func close() throws
}
