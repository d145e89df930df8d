public import Logging
public import ServiceLifecycle
import Synchronization
public import Unstick

/// Sends events to webhooks, each endpoint in its own lane, so that none delays another or a run.
///
/// Any number of servers may send over one database: the server that claims a delivery sends it. If it dies, other
/// servers take over its deliveries after the lease, so a receiver may get an event twice, and never misses one.
public struct WebhookSender: Service {
    private let store: any Store
    private let webhooks: Webhooks
    private let logger: Logger

    /// The wait between two queries for due endpoints.
    private static let poll = Duration.milliseconds(500)
    /// The wait after the database could not be reached.
    private static let retry = Duration.seconds(5)
    /// How long finished deliveries are kept.
    private static let retention = Duration.seconds(30 * 86_400)
    /// How often old ones are removed, and how many at once.
    private static let removal = (every: Duration.seconds(3600), limit: 10_000)

    /// Makes a sender.
    ///
    /// - Parameters:
    ///   - store: the database.
    ///   - webhooks: calls the endpoints.
    ///   - logger: the log of failing endpoints.
    public init(store: any Store, webhooks: Webhooks, logger: Logger = Logger(label: "unstick.webhooks")) {
        self.store = store
        self.webhooks = webhooks
        self.logger = logger
    }

    /// Runs until the service group shuts down; deliveries in progress are finished.
    public func run() async throws {
        await withDiscardingTaskGroup { group in
            let busy = ActiveEndpoints()
            var removedAt: ContinuousClock.Instant?
            while !Task.isCancelled, !Task.isShuttingDownGracefully {
                do {
                    for endpoint in try await self.store.dueWebhooks() where busy.begin(endpoint.id) {
                        group.addTask {
                            await EndpointDispatcher(
                                endpoint: endpoint,
                                store: self.store,
                                webhooks: self.webhooks,
                                logger: self.logger
                            )
                            .run()
                            busy.end(endpoint.id)
                        }
                    }
                    if removedAt.map({ ContinuousClock.now - $0 >= Self.removal.every }) ?? true {
                        removedAt = .now
                        try await self.forgetOld()
                    }
                    await Self.pause(Self.poll)
                } catch {
                    self.logger.error("Webhooks wait for the database", metadata: ["reason": "\(error)"])
                    await Self.pause(Self.retry)
                }
            }
        }
        await self.webhooks.shutdown()
    }

    private func forgetOld() async throws {
        let before = try await self.store.now() - Self.retention
        while try await self.store.forgetDeliveries(before: before, limit: Self.removal.limit) >= Self.removal.limit {}
    }

    /// Sleeps until the time is up or the service group shuts down.
    private static func pause(_ time: Duration) async {
        await cancelWhenGracefulShutdown { try? await Task.sleep(for: time) }
    }
}

/// The endpoints with deliveries in progress.
private final class ActiveEndpoints: Sendable {
    private let endpoints = Mutex<Set<String>>([])

    func begin(_ endpoint: String) -> Bool { self.endpoints.withLock { $0.insert(endpoint).inserted } }

    func end(_ endpoint: String) { self.endpoints.withLock { _ = $0.remove(endpoint) } }
}
