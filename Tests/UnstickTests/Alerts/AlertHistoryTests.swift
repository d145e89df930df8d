import Testing
import Unstick

@Suite("Alert history")
struct AlertHistoryTests {
    private static let seeds: [UInt64] = [1, 2, 3, 5, 8, 13, 21, 34]
    private static let checks = 10_000

    private static func thresholds(_ generator: inout SeededGenerator) -> AlertThresholds {
        AlertThresholds(
            firesAfter: .seconds([0, 1, 60, 300].randomElement(using: &generator) ?? 0),
            resolvesAfter: .seconds([0, 1, 60, 300].randomElement(using: &generator) ?? 0)
        )
    }

    /// The database's clock advances and is sometimes set back, by a little or by days.
    @Test("an alert starts and ends in turn and never early, also when the clock is set back", arguments: seeds)
    func alternating(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for name in [AlertName.stuckJobs, .cleanupHeld] {
            let thresholds = Self.thresholds(&generator)
            var state = AlertState(name)
            var (time, clock) = (0, 0)
            // The last change of the condition, by a clock that is never set.
            var (seen, seenSince) = (false, 0)
            var lastEvent: EventType?
            var ids: Set<String> = []
            for _ in 0..<Self.checks {
                let step = Int.random(in: 0...40_000, using: &generator)
                time += step
                clock += step
                if Int.random(in: 0..<200, using: &generator) == 0 {
                    clock -= Int.random(in: 1...100_000, using: &generator)
                }
                if Int.random(in: 0..<1000, using: &generator) == 0 { clock -= 86_400_000 }
                guard Int.random(in: 0..<10, using: &generator) > 0 else {
                    #expect(state.next(nil, at: Timestamp.test(0) + .milliseconds(clock), thresholds) == nil)
                    continue
                }
                let isTrue = Int.random(in: 0..<12, using: &generator) == 0 ? !seen : seen
                if isTrue != seen { (seen, seenSince) = (isTrue, time) }
                let now = Timestamp.test(0) + .milliseconds(clock)
                guard let change = state.next(.fixture(isTrue), at: now, thresholds) else { continue }
                #expect(change.state != state)
                state = change.state
                guard let event = change.event else { continue }
                #expect(event.type == (lastEvent == .alertFiring ? .alertResolved : .alertFiring))
                #expect(event.type == (isTrue ? .alertFiring : .alertResolved))
                #expect(ids.insert(event.id).inserted)
                let wait = isTrue ? thresholds.firesAfter(name) : thresholds.resolvesAfter
                #expect(.milliseconds(time - seenSince) >= wait)
                lastEvent = event.type
            }
            #expect(ids.count > 10)
        }
    }

    @Test("a condition that changes at every check sends one event", arguments: seeds)
    func flapping(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let thresholds = AlertThresholds(resolvesAfter: .seconds(300))
        // A check of the ledger is the result of a day, so its alert does not wait.
        for name in AlertName.allCases where name != .ledgerMismatch {
            var state = AlertState(name)
            var events: [EventType] = []
            var second = 0
            for check in 0..<Self.checks {
                second += Int.random(in: 1...900, using: &generator)
                guard let change = state.next(.fixture(check % 2 == 0), at: .test(second), thresholds) else { continue }
                state = change.state
                if let event = change.event { events.append(event.type) }
            }
            #expect(events == (name.waits ? [] : [.alertFiring]))
        }
    }

    @Test("two starts are further apart than an alert takes to end", arguments: seeds)
    func apart(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let thresholds = AlertThresholds(resolvesAfter: .seconds(300))
        var state = AlertState(.largeRefunds)
        var last: [EventType: Int] = [:]
        var second = 0
        for _ in 0..<Self.checks {
            second += Int.random(in: 1...120, using: &generator)
            let condition = AlertCondition.fixture(Int.random(in: 0..<4, using: &generator) == 0)
            guard let change = state.next(condition, at: .test(second), thresholds) else { continue }
            state = change.state
            guard let event = change.event else { continue }
            if let before = last[event.type] { #expect(second - before > 300) }
            last[event.type] = second
        }
        #expect(last.count == 2)
    }
}
