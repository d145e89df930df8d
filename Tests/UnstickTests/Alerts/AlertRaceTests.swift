import Synchronization
import Testing
import Unstick

@Suite("Alerts with several servers")
struct AlertRaceTests {
    /// A row that is written by compare-and-set, with the events of the same transaction.
    private final class Row: Sendable {
        private let contents = Mutex((state: AlertState(.stuckJobs), events: [AlertEvent](), refused: 0, clock: 0))

        var state: AlertState { self.contents.withLock { $0.state } }
        var events: [AlertEvent] { self.contents.withLock { $0.events } }
        var refused: Int { self.contents.withLock { $0.refused } }

        /// A second later.
        func tick() -> Int {
            self.contents.withLock { row in
                row.clock += 1
                return row.clock
            }
        }

        func write(_ change: AlertChange, over read: AlertState) {
            self.contents.withLock { row in
                guard row.state.phase == read.phase, row.state.since == read.since else {
                    row.refused += 1
                    return
                }
                row.state = change.state
                if let event = change.event { row.events.append(event) }
            }
        }
    }

    /// A change that a server has computed and not yet written.
    private struct Pending {
        let read: AlertState
        let change: AlertChange
    }

    private func check(_ events: [AlertEvent]) {
        #expect(Set(events.map(\.id)).count == events.count)
        for (index, event) in events.enumerated() {
            #expect(event.type == (index % 2 == 0 ? .alertFiring : .alertResolved))
        }
    }

    @Test("in any order of reads and writes, each event is sent once", arguments: 1...8 as ClosedRange<UInt64>)
    func interleaved(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let thresholds = AlertThresholds(firesAfter: .seconds(seed % 2 == 0 ? 60 : 0), resolvesAfter: .seconds(60))
        let row = Row()
        var pending = [Pending?](repeating: nil, count: 2)
        var clock = 0
        var isTrue = false
        for _ in 0..<10_000 {
            clock += Int.random(in: 0...10_000, using: &generator)
            if Int.random(in: 0..<20, using: &generator) == 0 { isTrue.toggle() }
            let server = Int.random(in: pending.indices, using: &generator)
            if let written = pending[server] {
                row.write(written.change, over: written.read)
                pending[server] = nil
            } else {
                // A server may have measured a while before it reads the row.
                let measured = clock - Int.random(in: 0...5000, using: &generator)
                let read = row.state
                let now = Timestamp.test(0) + .milliseconds(measured)
                let change = read.next(.fixture(isTrue), at: now, thresholds)
                pending[server] = change.map { Pending(read: read, change: $0) }
            }
        }
        self.check(row.events)
        #expect(row.events.count > 50)
        #expect(row.refused > 50)
    }

    @Test("servers that really run at once send each event once", .timeLimit(.minutes(1)))
    func atOnce() async {
        let row = Row()
        let thresholds = AlertThresholds(firesAfter: .seconds(60), resolvesAfter: .seconds(60))
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<5000 {
                        let second = row.tick()
                        let read = row.state
                        let condition = AlertCondition.fixture(second / 500 % 2 == 0)
                        if let change = read.next(condition, at: .test(second), thresholds) {
                            row.write(change, over: read)
                        }
                    }
                }
            }
        }
        self.check(row.events)
        #expect(row.events.count >= 2)
    }

    @Test("two servers that measure one after the other, always in the same order, still finish")
    func lockstep() {
        let thresholds = AlertThresholds(firesAfter: .seconds(60), resolvesAfter: .seconds(300))
        let row = Row()
        for round in 1...100 {
            let condition = AlertCondition.fixture(round <= 40)
            // The second server writes after the first one, with an older measurement.
            for second in [round * 15, round * 15 - 2] {
                let read = row.state
                if let change = read.next(condition, at: .test(second), thresholds) { row.write(change, over: read) }
            }
        }
        #expect(row.events.map(\.type) == [.alertFiring, .alertResolved])
    }
}
