/// A throw-away database server of the tests' own.
package protocol DatabaseCluster: Sendable {
    /// Where it listens on the loopback address.
    var port: Int { get }

    /// Makes and starts a server.
    ///
    /// - Parameter settings: further settings, as the server takes them.
    static func start(settings: [String]) throws -> Self

    /// A new, empty database, as a URL.
    func makeDatabase() throws -> String

    /// Removes a database and what it has stored.
    func dropDatabase(_ url: String)

    /// The URL of a database over TCP.
    ///
    /// - Parameter port: that of a relay before the server; `nil` for its own.
    func tcpURL(_ url: String, port: Int?) -> String

    /// Kills the server and starts it again.
    func crash() throws

    /// How many deadlocks the server has found.
    func deadlocks(in url: String) throws -> Int

    /// How many transactions wait for a lock now.
    func waitingTransactions(in url: String) throws -> Int

    /// Stops the server at once and removes what it has stored.
    func remove()
}

extension DatabaseCluster {
    /// Gives an empty database of its own.
    package func withDatabase(_ body: (_ url: String) async throws -> Void) async throws {
        let url = try await offSharedThreads { try self.makeDatabase() }
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(url)) } catch { outcome = .failure(error) }
        try await offSharedThreads { self.dropDatabase(url) }
        try outcome.get()
    }
}
