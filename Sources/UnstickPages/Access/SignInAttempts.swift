import Synchronization
import Unstick

/// Counts sign-ins that were refused, so that nobody can go on guessing.
///
/// For each address, and for each token by its public part: ten in fifteen minutes. Each server counts by itself.
final class SignInAttempts: Sendable {
    static let most = 10
    static let window = Duration.seconds(15 * 60)
    /// More addresses than this are not told apart: then everybody who fails waits.
    private static let mostKeys = 10_000

    private struct Count {
        var refused = 0
        let since: ContinuousClock.Instant
    }

    private let counts = Mutex<[String: Count]>([:])
    private let now: @Sendable () -> ContinuousClock.Instant

    init(now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }) {
        self.now = now
    }

    /// How long somebody has to wait; `nil` for not at all.
    func wait(for keys: [String]) -> Duration? {
        let now = self.now()
        return self.counts.withLock { counts in
            Self.forget(before: now - Self.window, in: &counts)
            if counts.count >= Self.mostKeys, keys.contains(where: { counts[$0] == nil }) { return Self.window }
            return keys.compactMap { counts[$0] }.filter { $0.refused >= Self.most }
                .map { Self.window - (now - $0.since) }.max()
        }
    }

    /// Counts one that was refused.
    func refused(_ keys: [String]) {
        let now = self.now()
        self.counts.withLock { counts in
            for key in keys { counts[key, default: Count(since: now)].refused += 1 }
        }
    }

    private static func forget(before moment: ContinuousClock.Instant, in counts: inout [String: Count]) {
        counts = counts.filter { $0.value.since > moment }
    }
}
