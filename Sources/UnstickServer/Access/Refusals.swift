import Metrics
import Synchronization

/// Counts the calls that are refused, by where they come from.
///
/// A credential is looked at first, and only a call that is refused is counted: a caller with the right one always gets in, and
/// nobody can close the door to others. A caller with many refusals is answered with 429 and the time to wait. Each server
/// counts by itself.
package final class Refusals: Sendable {
    /// Why a call is refused; the raw value is a label of the metric.
    package enum Reason: String, Sendable, CaseIterable {
        /// It shows no credential. It is not counted against its address: browsers and probes begin so.
        case missing
        /// It shows a credential that is not known.
        case credential
        /// It shows a wrong secret to the cron endpoint.
        case cronSecret = "cron_secret"
        /// Its credential is good and does not allow this.
        case role
        /// A sign-in to the page that failed.
        case signIn = "sign_in"

        /// How many within ``Refusals/window`` are answered with the reason itself.
        fileprivate var most: Int? {
            switch self {
            case .missing: nil
            case .signIn: 10
            case .credential, .cronSecret: 30
            // Whose credential is good is known, and guesses nothing.
            case .role: 300
            }
        }
    }

    /// What is to be done about one refusal.
    package struct Standing: Hashable, Sendable {
        /// How long the caller is to wait; `nil` where the reason itself is the answer.
        package var wait: Duration?
        /// What to write down; `nil` where enough was written.
        package var notice: Notice?
    }

    /// A refusal that is written down, with how many stand for it.
    package struct Notice: Hashable, Sendable {
        /// How many refusals of this caller there were in the last minute, with this one.
        package var refused: Int
        /// How many refusals, of any caller, were not written down since the last notice.
        package var unreported: Int
    }

    /// How long a refusal counts.
    package static let window = Duration.seconds(60)
    /// How many callers are distinguished; the oldest is forgotten for a new one.
    static let mostCallers = 10_000
    /// How many notices there are within ``noticeWindow``; after them each time their number has doubled.
    static let mostNotices = 50
    static let noticeWindow = Duration.seconds(15 * 60)

    private struct Count {
        var refused = 0
        let since: ContinuousClock.Instant
    }

    private struct State {
        var counts: [String: Count] = [:]
        /// The callers by when their count began; the first of them are dropped.
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
    ///   - most: how many are answered with the reason itself, in place of what each reason has.
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

    /// Forgets who was refused longest ago: those whose time is over, and one more where there is no room.
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
