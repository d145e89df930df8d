import Logging
public import ServiceLifecycle
import Synchronization
import Unstick
import UnstickServer

/// Checks the data of open pages now and then, once for all of them, and notifies them of changes.
///
/// Without open pages it does nothing. Slow checks are made less often.
public final class LiveUpdates: Service {
    /// The time between two checks.
    static let pause = Duration.seconds(2)
    /// The longest time between two checks; below that, checks take a fiftieth of the time.
    private static let longestPause = Duration.seconds(10)
    /// The most open pages on one server.
    static let most = 5000
    /// The most of them from one address: an office has many people.
    static let mostOfAddress = 500
    /// The most of them in one session.
    static let mostOfSession = 20

    private struct State {
        var watchers: [Int: Watcher] = [:]
        var next = 0
        var isEnded = false
    }

    private struct Watcher {
        let topic: LiveTopic
        let changes: AsyncStream<Void>.Continuation
        /// Whether nothing was checked since the page opened: changes between its rendering and now are unknown.
        var isNew = true
    }

    private let state = Mutex(State())
    private let shares = Shares(most: LiveUpdates.most)
    private let reader: LiveLook

    init(_ reader: LiveLook) {
        self.reader = reader
    }

    /// The changes of a topic, until the page is closed or the server stops.
    ///
    /// - Parameter holders: the holders of the limits for open pages.
    /// - Throws: why no further page may be opened.
    func changes(of topic: LiveTopic, for holders: [Shares.Holder]) throws(Shares.Refusal) -> AsyncStream<Void> {
        try self.shares.take(for: holders)
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let id = self.state.withLock { state in
            state.next += 1
            state.watchers[state.next] = Watcher(topic: topic, changes: continuation)
            return state.next
        }
        continuation.onTermination = { [weak self] _ in
            guard let self, self.state.withLock({ $0.watchers.removeValue(forKey: id) }) != nil else { return }
            self.shares.free(for: holders)
        }
        if self.state.withLock({ $0.isEnded }) { continuation.finish() }
        return stream
    }

    /// The number of open pages.
    var count: Int { self.state.withLock { $0.watchers.count } }

    /// Checks until the task is cancelled or the server stops; then every stream ends.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            var known: [LiveTopic: Int] = [:]
            while !Task.isCancelled {
                let began = ContinuousClock.now
                known = await self.checkAll(known)
                let pause = min(max(Self.pause, (ContinuousClock.now - began) * 50), Self.longestPause)
                try? await Task.sleep(for: pause)
            }
        }
        self.end()
    }

    private func end() {
        let watchers = self.state.withLock { state in
            state.isEnded = true
            return Array(state.watchers.values)
        }
        for watcher in watchers { watcher.changes.finish() }
    }

    /// Checks each topic with open pages.
    ///
    /// - Parameter known: the last state of each.
    private func checkAll(_ known: [LiveTopic: Int]) async -> [LiveTopic: Int] {
        let topics = self.state.withLock { Set($0.watchers.values.map(\.topic)) }
        var seen: [LiveTopic: Int] = [:]
        for topic in topics where !Task.isCancelled {
            // A topic that cannot be read now has not changed.
            guard let now = try? await self.reader.digest(of: topic) else {
                seen[topic] = known[topic]
                continue
            }
            seen[topic] = now
            self.notify(topic, isChanged: known[topic].map { $0 != now } ?? true)
        }
        return seen
    }

    /// Notifies the pages of a topic that it changed, or only the new ones.
    private func notify(_ topic: LiveTopic, isChanged: Bool) {
        let watchers = self.state.withLock { state in
            let notified = state.watchers.filter { $0.value.topic == topic && (isChanged || $0.value.isNew) }
            for id in notified.keys { state.watchers[id]?.isNew = false }
            return notified.values
        }
        for watcher in watchers { watcher.changes.yield() }
    }
}
