/// A database that plays every role: what the server and the command line work on.
public typealias Store = AccessTokenStore & AlertStore & AuditStore & BulkStore & CleanupStore & EventStore
    & HistoryStore
    & ImportStore & JobStore & LedgerStore & PastJobStore & PauseStore & ScheduleStore & SessionStore & StoreConnection
    & WebhookStore

/// The connection itself: whether it can serve, and its end.
public protocol StoreConnection: Sendable {
    /// Whether the database answers and has the schema of this version.
    ///
    /// - Throws: ``UnstickError`` `databaseUnavailable` or `schemaMismatch`.
    func checkReady() async throws

    /// Ends the connection once what is going on has ended.
    func close() throws

    /// How many connections there are; `nil` where there is no pool of them.
    var connections: ConnectionCounts? { get }
}

extension StoreConnection {
    /// None are counted.
    public var connections: ConnectionCounts? { nil }
}

/// The connections of a pool.
public struct ConnectionCounts: Hashable, Sendable {
    /// Those that nobody uses.
    public var idle: Int
    /// Those that somebody uses, or that are being made.
    public var busy: Int
    /// Callers that wait for one.
    public var waiting: Int

    /// Makes the answer.
    public init(idle: Int, busy: Int, waiting: Int) {
        self.idle = idle
        self.busy = busy
        self.waiting = waiting
    }
}
