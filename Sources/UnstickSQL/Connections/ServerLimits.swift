/// Time limits for a database server.
package enum ServerLimits {
    /// For one statement.
    package static let statement = Duration.seconds(30)
    /// For one statement over all of the data.
    package static let long = Duration.seconds(1800)
    /// How long the server keeps an open transaction of a silent node.
    package static let idle = Duration.seconds(15)

    /// How long a statement waits for a lock: shorter than its own limit, so that the two differ.
    package static func lock(within limit: Duration) -> Duration { limit * 5 / 6 }
}
