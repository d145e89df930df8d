import Logging
public import ServiceLifecycle
import Synchronization
import Unstick
import UnstickServer

/// Looks now and then at what open pages show, once for all of them, and tells them when it changed.
///
/// While nobody watches it does nothing. A look that takes long is made more seldom.
public final class LiveUpdates: Service {
    /// How often is looked.
    static let pause = Duration.seconds(2)
    /// How seldom at most; within that, looking takes a fiftieth of the time.
    private static let longestPause = Duration.seconds(10)
    /// How many pages may be open on one server.
    static let most = 5000
    /// How many of them from one address: an office has many people.
    static let mostOfAddress = 500
    /// How many of them in one session.
    static let mostOfSession = 20

    private struct State {
        var watchers: [Int: Watcher] = [:]
        var next = 0
        var isEnded = false
    }

    private struct Watcher {
        let topic: LiveTopic
        let changes: AsyncStream<Void>.Continuation
        /// Whether nothing was looked at since it came: what changed between its drawing and that is not known.
        var isNew = true
    }

    private let state = Mutex(State())
    private let shares = Shares(most: LiveUpdates.most)
    private let look: LiveLook

    init(_ look: LiveLook) {
        self.look = look
    }

    /// What changes of a topic, until the page is closed or the server stops.
    ///
    /// - Parameter holders: who shares a bound on open pages.
    /// - Throws: why one more may not be opened.
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

    /// How many pages are open.
    var count: Int { self.state.withLock { $0.watchers.count } }

    /// Looks until the task is cancelled or the server stops; then every open page is let go.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            var known: [LiveTopic: Int] = [:]
            while !Task.isCancelled {
                let began = ContinuousClock.now
                known = await self.lookAtAll(known)
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

    /// Looks at each topic that somebody watches.
    ///
    /// - Parameter known: how each looked before.
    private func lookAtAll(_ known: [LiveTopic: Int]) async -> [LiveTopic: Int] {
        let topics = self.state.withLock { Set($0.watchers.values.map(\.topic)) }
        var seen: [LiveTopic: Int] = [:]
        for topic in topics where !Task.isCancelled {
            // What cannot be looked at now has not changed.
            guard let now = try? await self.look.digest(of: topic) else {
                seen[topic] = known[topic]
                continue
            }
            seen[topic] = now
            self.tell(topic, isChanged: known[topic].map { $0 != now } ?? true)
        }
        return seen
    }

    /// Tells those who watch a topic that it changed, or at least those who are new to it.
    private func tell(_ topic: LiveTopic, isChanged: Bool) {
        let watchers = self.state.withLock { state in
            let told = state.watchers.filter { $0.value.topic == topic && (isChanged || $0.value.isNew) }
            for id in told.keys { state.watchers[id]?.isNew = false }
            return told.values
        }
        for watcher in watchers { watcher.changes.yield() }
    }
}
