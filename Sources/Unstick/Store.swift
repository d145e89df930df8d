/// A database with every role: what the server and the command line use.
public typealias Store = AccessTokenStore & AlertStore & AuditStore & BulkStore & CleanupStore & EventStore
    & HistoryStore & HoldStore
    & ImportStore & JobStore & LedgerStore & PastJobStore & PauseStore & ScheduleStore & SessionStore & StoreConnection
    & WebhookStore

/// The connection: its readiness and its end.
public protocol StoreConnection: Sendable {
    /// Checks that the database answers and has the schema of this version.
    ///
    /// - Throws: ``UnstickError`` `databaseUnavailable` or `schemaMismatch`.
    func checkReady() async throws

    /// Closes the connection after the work in progress.
    func close() throws

    /// The number of connections; `nil` without a pool.
    var connections: ConnectionCounts? { get }
}

extension StoreConnection {
    /// Without a pool, none are counted.
    public var connections: ConnectionCounts? { nil }
}

/// The connections of a pool.
public struct ConnectionCounts: Hashable, Sendable {
    /// Idle connections.
    public var idle: Int
    /// Connections in use or being opened.
    public var busy: Int
    /// Callers that wait for one.
    public var waiting: Int

    /// Makes the counts.
    public init(idle: Int, busy: Int, waiting: Int) {
        self.idle = idle
        self.busy = busy
        self.waiting = waiting
    }
}
