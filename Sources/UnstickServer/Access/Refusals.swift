import Metrics
import Synchronization

/// Counts refused calls by their origin.
///
/// A credential is checked first, and only a refused call is counted: a caller with a valid one is always admitted, and
/// no caller can lock others out. A caller with many refusals is answered with 429 and the time to wait. Each server
/// counts by itself.
package final class Refusals: Sendable {
    /// Why a call is refused; the raw value is a label of the metric.
    package enum Reason: String, Sendable, CaseIterable {
        /// It has no credential. It does not count for its address: browsers and probes begin this way.
        case missing
        /// It has an unknown credential.
        case credential
        /// It sends a wrong secret to the cron endpoint.
        case cronSecret = "cron_secret"
        /// Its credential is valid and does not allow this.
        case role
        /// A failed sign-in to the admin UI.
        case signIn = "sign_in"

        /// How many within ``Refusals/window`` are answered with the reason itself.
        fileprivate var most: Int? {
            switch self {
            case .missing: nil
            case .signIn: 10
            case .credential, .cronSecret: 30
            // A caller with a valid credential is known, and does not guess.
            case .role: 300
            }
        }
    }

    /// What to do about one refusal.
    package struct Standing: Hashable, Sendable {
        /// How long the caller must wait; `nil` where the answer is the reason itself.
        package var wait: Duration?
        /// What to log; `nil` where enough was logged.
        package var notice: Notice?
    }

    /// A refusal to log, with the number of refusals that it represents.
    package struct Notice: Hashable, Sendable {
        /// How many refusals of this caller there were in the last minute, with this one.
        package var refused: Int
        /// How many refusals, of any caller, were not logged since the last notice.
        package var unreported: Int
    }

    /// How long a refusal counts.
    package static let window = Duration.seconds(60)
    /// How many callers are counted separately; the oldest is dropped for a new one.
    static let mostCallers = 10_000
    /// The most notices within ``noticeWindow``; after that one follows each time the number of refusals has doubled.
    static let mostNotices = 50
    static let noticeWindow = Duration.seconds(15 * 60)

    private struct Count {
        var refused = 0
        let since: ContinuousClock.Instant
    }

    private struct State {
        var counts: [String: Count] = [:]
        /// The callers by the start of their count; the first ones are dropped.
        var order: [(caller: String, since: ContinuousClock.Instant)] = []
        var dropped = 0
        var noticesSince: ContinuousClock.Instant?
        var refused = 0
        var notices = 0
        var unreported = 0
    }

    private let most: Int?
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state = Mutex(State())

    /// - Parameters:
    ///   - most: how many are answered with the reason itself, in place of each reason's default.
    ///   - now: a clock.
    package init(
        most: Int? = nil,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    ) {
        self.most = most
        self.now = now
    }

    /// Counts a refusal.
    ///
    /// - Parameter caller: ``Client/group``.
    package func add(_ reason: Reason, by caller: String) -> Standing {
        Counter(label: "unstick_access_refused_total", dimensions: [("reason", reason.rawValue)]).increment()
        guard let most = reason.most.map({ self.most ?? $0 }) else { return Standing() }
        let now = self.now()
        return self.state.withLock { state in
            let count = Self.count("\(reason.rawValue) \(caller)", at: now, in: &state)
            return Standing(
                wait: count.refused > most ? Self.window - (now - count.since) : nil,
                notice: Self.notice(of: count, at: now, in: &state)
            )
        }
    }

    private static func count(_ caller: String, at now: ContinuousClock.Instant, in state: inout State) -> Count {
        Self.forget(at: now, in: &state)
        if state.counts[caller] == nil { state.order.append((caller, now)) }
        state.counts[caller, default: Count(since: now)].refused += 1
        return state.counts[caller] ?? Count(since: now)
    }

    /// Drops the oldest callers: those whose window is over, and one more where there is no room.
    private static func forget(at now: ContinuousClock.Instant, in state: inout State) {
        while state.dropped < state.order.count {
            let (caller, since) = state.order[state.dropped]
            guard now - since >= Self.window || state.counts.count >= Self.mostCallers else { break }
            state.dropped += 1
            if state.counts[caller]?.since == since { state.counts[caller] = nil }
        }
        guard state.dropped > Self.mostCallers else { return }
        state.order.removeFirst(state.dropped)
        state.dropped = 0
    }

    private static func notice(of count: Count, at now: ContinuousClock.Instant, in state: inout State) -> Notice? {
        if state.noticesSince.map({ now - $0 >= Self.noticeWindow }) ?? true {
            (state.noticesSince, state.refused, state.notices) = (now, 0, 0)
        }
        state.refused += 1
        let number = state.notices < Self.mostNotices ? count.refused : state.refused
        guard number.nonzeroBitCount == 1 else {
            state.unreported += 1
            return nil
        }
        defer { state.unreported = 0 }
        state.notices += 1
        return Notice(refused: count.refused, unreported: state.unreported)
    }
}
