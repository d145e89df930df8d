/// The size of a pool, and how long callers wait.
public struct PoolLimits: Hashable, Sendable {
    /// The most connections.
    public var connections: Int
    /// How long a caller waits for a free connection.
    public var wait: Duration
    /// How long to retry a connection when the server does not answer, for example while it restarts.
    public var gracePeriod: Duration
    /// How long an idle connection is kept; the last one stays.
    public var idle: Duration

    /// Makes limits; without arguments, ten connections, 30 s, 5 s and a minute.
    public init(
        connections: Int = 10,
        wait: Duration = .seconds(30),
        gracePeriod: Duration = .seconds(5),
        idle: Duration = .seconds(60)
    ) {
        self.connections = connections
        self.wait = wait
        self.gracePeriod = gracePeriod
        self.idle = idle
    }
}
