/// How long a monitor's pings may take and how many may wait.
struct HeartbeatLimits: Hashable, Sendable {
    /// How long a single attempt may take.
    var timeout: Duration = .seconds(10)
    /// How long to wait before a ping that failed is sent a second and last time.
    var pause: Duration = .seconds(1)
    /// How long pings may go on being sent after the monitor was told to shut down.
    var patience: Duration = .seconds(3)
    /// How many pings wait at most while one is being sent.
    var waiting = 16
}
