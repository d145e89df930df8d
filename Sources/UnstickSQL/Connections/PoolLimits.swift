/// How many connections there are at most, and how long callers wait.
public struct PoolLimits: Hashable, Sendable {
    /// How many connections at most.
    public var connections: Int
    /// How long a caller waits for one to come free.
    public var wait: Duration
    /// How long a connection is tried for again when the server does not answer, for example while it restarts.
    public var gracePeriod: Duration
    /// How long a connection that is not in use is kept; the last one stays.
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
