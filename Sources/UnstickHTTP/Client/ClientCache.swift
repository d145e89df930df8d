import AsyncHTTPClient
import NIOCore
import NIOPosix
import Synchronization

/// Keeps the HTTP clients of the last destinations, so that requests find open connections.
///
/// A client maps a host to one address for its whole life, so each scheme, host and address needs its own.
final class ClientCache: Sendable {
    private struct Key: Hashable {
        let scheme: DestinationURL.Scheme
        let host: DestinationHost
        let address: IPAddress
    }

    private struct State {
        var clients: [Key: CachedClient] = [:]
        var uses = 0
        var isShutDown = false

        /// Removes the idle client that was not used for the longest time, when there are too many.
        mutating func takeSurplus(_ limit: Int) -> HTTPClient? {
            guard self.clients.count > limit else { return nil }
            let idle = self.clients.filter { $0.value.isIdle }
            guard let oldest = idle.min(by: { $0.value.lastUse < $1.value.lastUse }) else { return nil }
            self.clients[oldest.key] = nil
            return oldest.value.client
        }
    }

    private let limit: Int
    private let configuration: @Sendable (Destination) -> HTTPClient.Configuration
    private let state = Mutex(State())

    /// Makes a cache of at most this many clients, and more only while more are in use.
    init(limit: Int, configuration: @escaping @Sendable (Destination) -> HTTPClient.Configuration) {
        precondition(limit > 0, "a cache keeps at least one client")
        self.limit = limit
        self.configuration = configuration
    }

    /// The number of clients.
    var count: Int { self.state.withLock { $0.clients.count } }

    /// Runs work with the client of a destination, on one of its event loops; the client stays open until the work
    /// ends.
    func withClient<Result>(
        for destination: Destination,
        _ work: (HTTPClient, any EventLoop) async throws -> Result
    ) async throws -> Result {
        let key = Key(scheme: destination.scheme, host: destination.host, address: destination.address)
        let (client, lane) = try self.borrow(key, destination)
        defer { self.release(key, lane) }
        return try await work(client, lane.loop)
    }

    /// Shuts down all clients, also those in use, whose requests then fail; no new ones can be made.
    func shutdown() async {
        let clients = self.state.withLock { state in
            state.isShutDown = true
            defer { state.clients = [:] }
            return state.clients.values.map(\.client)
        }
        for end in clients.map({ Self.shutDown($0) }) {
            // It fails only for a client that was shut down before, and none here was.
            try? await end.get()
        }
    }

    private func borrow(_ key: Key, _ destination: Destination) throws -> (HTTPClient, CachedClient.Lane) {
        let (client, lane, surplus) = try self.state.withLock { state in
            guard !state.isShutDown else { throw HTTPClientError.alreadyShutdown }
            state.uses += 1
            var cached = state.clients[key] ?? CachedClient(self.configuration(destination))
            let lane = cached.enter(use: state.uses)
            state.clients[key] = cached
            return (cached.client, lane, state.takeSurplus(self.limit))
        }
        if let surplus { _ = Self.shutDown(surplus) }
        return (client, lane)
    }

    private func release(_ key: Key, _ lane: CachedClient.Lane) {
        let surplus = self.state.withLock { state in
            state.clients[key]?.leave(lane)
            return state.takeSurplus(self.limit)
        }
        if let surplus { _ = Self.shutDown(surplus) }
    }

    /// Starts a shutdown; closing a TLS connection may take seconds, and no request should wait for it.
    private static func shutDown(_ client: HTTPClient) -> EventLoopFuture<Void> { client.shutdown() }
}
