public import Logging
public import ServiceLifecycle
import Synchronization
public import Unstick

/// Sends events to webhooks, each endpoint in a lane of its own, so that none holds up another or a run.
///
/// Any number of servers may send over one database: whoever claims a delivery sends it. One that dies with deliveries in
/// hand leaves them to the others once the lease ends, so a receiver may be told twice, and is never told nothing.
public struct WebhookSender: Service {
    private let store: any Store
    private let webhooks: Webhooks
    private let logger: Logger

    /// How long to wait until it is asked again which endpoints are due.
    private static let poll = Duration.milliseconds(500)
    /// How long to wait after the database could not be reached.
    private static let retry = Duration.seconds(5)
    /// How long deliveries that have ended are kept.
    private static let retention = Duration.seconds(30 * 86_400)
    /// How often old ones are forgotten, and how many at once.
    private static let sweep = (every: Duration.seconds(3600), limit: 10_000)

    /// Makes a sender.
    ///
    /// - Parameters:
    ///   - store: has the events.
    ///   - webhooks: what calls the endpoints.
    ///   - logger: where endpoints that fail are told.
    public init(store: any Store, webhooks: Webhooks, logger: Logger = Logger(label: "unstick.webhooks")) {
        self.store = store
        self.webhooks = webhooks
        self.logger = logger
    }

    /// Runs until the service group shuts down; what is being sent then is finished.
    public func run() async throws {
        await withDiscardingTaskGroup { group in
            let busy = ActiveEndpoints()
            var swept: ContinuousClock.Instant?
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
                    if swept.map({ ContinuousClock.now - $0 >= Self.sweep.every }) ?? true {
                        swept = .now
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
        while try await self.store.forgetDeliveries(before: before, limit: Self.sweep.limit) >= Self.sweep.limit {}
    }

    /// Sleeps, or until the service group shuts down.
    private static func pause(_ time: Duration) async {
        await cancelWhenGracefulShutdown { try? await Task.sleep(for: time) }
    }
}

/// The endpoints that are being sent to.
private final class ActiveEndpoints: Sendable {
    private let endpoints = Mutex<Set<String>>([])

    func begin(_ endpoint: String) -> Bool { self.endpoints.withLock { $0.insert(endpoint).inserted } }

    func end(_ endpoint: String) { self.endpoints.withLock { _ = $0.remove(endpoint) } }
}
