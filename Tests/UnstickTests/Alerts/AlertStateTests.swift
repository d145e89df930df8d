import Testing
import Unstick

@Suite("Alert state")
struct AlertStateTests {
    /// One check of a state that is some time old, and its result.
    struct Step: Sendable, CustomTestStringConvertible {
        let phase: AlertState.Phase
        let isTrue: Bool
        let elapsed: Int
        var fires = 60
        var resolves = 300
        /// `nil` for no change.
        let becomes: AlertState.Phase?
        var event: EventType?

        var testDescription: String {
            "\(self.phase) for \(self.elapsed) s, \(self.isTrue ? "wrong" : "well"), \(self.fires)/\(self.resolves) s"
        }
    }

    static let steps = [
        Step(phase: .ok, isTrue: false, elapsed: 900, becomes: nil),
        Step(phase: .ok, isTrue: true, elapsed: 900, becomes: .rising),
        Step(phase: .ok, isTrue: true, elapsed: 900, fires: 0, becomes: .firing, event: .alertFiring),
        Step(phase: .ok, isTrue: true, elapsed: 0, becomes: nil),

        Step(phase: .rising, isTrue: true, elapsed: 59, becomes: nil),
        Step(phase: .rising, isTrue: true, elapsed: 60, becomes: .firing, event: .alertFiring),
        Step(phase: .rising, isTrue: true, elapsed: 1, fires: 0, becomes: .firing, event: .alertFiring),
        Step(phase: .rising, isTrue: false, elapsed: 59, becomes: .ok),
        Step(phase: .rising, isTrue: false, elapsed: 600, becomes: .ok),

        Step(phase: .firing, isTrue: true, elapsed: 59, becomes: nil),
        Step(phase: .firing, isTrue: true, elapsed: 60, becomes: .firing),
        Step(phase: .firing, isTrue: false, elapsed: 1, becomes: .falling),
        Step(phase: .firing, isTrue: false, elapsed: 1, resolves: 0, becomes: .ok, event: .alertResolved),
        Step(phase: .firing, isTrue: false, elapsed: 0, resolves: 0, becomes: nil),

        Step(phase: .falling, isTrue: false, elapsed: 299, becomes: nil),
        Step(phase: .falling, isTrue: false, elapsed: 300, becomes: .ok, event: .alertResolved),
        Step(phase: .falling, isTrue: false, elapsed: 1, resolves: 0, becomes: .ok, event: .alertResolved),
        Step(phase: .falling, isTrue: true, elapsed: 299, becomes: .firing),
        Step(phase: .falling, isTrue: true, elapsed: 600, becomes: .firing),

        // An overtaken measurement can only undo a wait.
        Step(phase: .ok, isTrue: true, elapsed: -1, fires: 0, becomes: nil),
        Step(phase: .rising, isTrue: true, elapsed: -60, fires: 0, becomes: nil),
        Step(phase: .rising, isTrue: false, elapsed: -60, becomes: .ok),
        Step(phase: .firing, isTrue: true, elapsed: -60, becomes: nil),
        Step(phase: .firing, isTrue: false, elapsed: -60, resolves: 0, becomes: nil),
        Step(phase: .falling, isTrue: false, elapsed: -60, resolves: 0, becomes: nil),
        Step(phase: .falling, isTrue: true, elapsed: -60, becomes: .firing),

        // A clock that was set back restarts every wait and sends no event.
        Step(phase: .ok, isTrue: true, elapsed: -61, fires: 0, becomes: .ok),
        Step(phase: .rising, isTrue: true, elapsed: -86_400, becomes: .ok),
        Step(phase: .firing, isTrue: false, elapsed: -86_400, resolves: 0, becomes: .firing),
        Step(phase: .falling, isTrue: false, elapsed: -86_400, becomes: .firing),
    ]

    @Test("one check makes one step", arguments: Self.steps)
    func step(_ step: Step) {
        let thresholds = AlertThresholds(firesAfter: .seconds(step.fires), resolvesAfter: .seconds(step.resolves))
        let state = AlertState.fixture(step.phase)
        let change = state.next(.fixture(step.isTrue), at: .test(step.elapsed), thresholds)
        #expect(change?.state.phase == step.becomes)
        #expect(change?.event?.type == step.event)
        if let change {
            #expect(change.state.since == .test(step.elapsed))
            #expect((change.state.firingSince != nil) == [.firing, .falling].contains(change.state.phase))
        }
    }

    @Test("an unknown condition leaves every state unchanged", arguments: AlertState.Phase.allCases)
    func unknown(phase: AlertState.Phase) {
        #expect(AlertState.fixture(phase).next(nil, at: .test(86_400), AlertThresholds()) == nil)
        #expect(AlertState.fixture(phase).next(nil, at: .test(-86_400), AlertThresholds()) == nil)
    }

    @Test("an alert that was never checked may fire at the first check")
    func first() throws {
        let change = try #require(AlertState(.cleanupHeld).next(.fixture(true), at: .test(0), AlertThresholds()))
        #expect(change.state.phase == .firing)
        #expect(change.state.firingSince == .test(0))
        #expect(change.event?.type == .alertFiring)
    }

    @Test("only an alert that the next run may end waits", arguments: AlertName.allCases)
    func waits(name: AlertName) {
        let change = AlertState(name).next(.fixture(true), at: .test(0), AlertThresholds())
        #expect(change?.state.phase == ([.stuckJobs, .oldestStuck].contains(name) ? .rising : .firing))
    }

    @Test("an alert starts and ends once, whatever happens in between")
    func history() {
        let thresholds = AlertThresholds(firesAfter: .seconds(60), resolvesAfter: .seconds(300))
        var state = AlertState(.stuckJobs)
        var sent: [String] = []
        let checks = [
            (0, false), (10, true), (40, false), (50, true), (100, true), (110, true), (200, false), (499, false),
            (499, true), (520, false), (700, false), (820, false), (830, false), (900, true), (910, false),
        ]
        for (second, isTrue) in checks {
            guard let change = state.next(.fixture(isTrue), at: .test(second), thresholds) else { continue }
            state = change.state
            if let event = change.event { sent.append("\(second) \(event.type.rawValue)") }
        }
        #expect(sent == ["110 alert.firing", "820 alert.resolved"])
        #expect(state.phase == .ok)
    }

    @Test("a firing alert updates its text at most once a minute, and writes nothing without a change")
    func refresh() {
        var state = AlertState.fixture(.firing, firingSince: .test(-500))
        var written: [Int] = []
        for second in 1...200 {
            let condition = AlertCondition.fixture(true, value: Double(min(second, 130)))
            guard let change = state.next(condition, at: .test(second), AlertThresholds()) else { continue }
            #expect(change.event == nil)
            #expect(change.state.firingSince == .test(-500))
            #expect(change.state.summary == condition.summary)
            state = change.state
            written.append(second)
        }
        #expect(written == [60, 120, 180])
        #expect(state.next(.fixture(true, value: 130), at: .test(400), AlertThresholds()) == nil)
    }

    @Test("a clock that was set back for a time shortens no wait")
    func setBack() throws {
        let thresholds = AlertThresholds(firesAfter: .seconds(60))
        var state = AlertState.fixture(.rising)
        state = try #require(state.next(.fixture(true), at: .test(-3600), thresholds)).state
        state = try #require(state.next(.fixture(true), at: .test(1), thresholds)).state
        #expect(state.phase == .rising)
        #expect(state.next(.fixture(true), at: .test(60), thresholds) == nil)
        #expect(state.next(.fixture(true), at: .test(61), thresholds)?.event?.type == .alertFiring)
    }

    @Test("a clock that stays set back delays an alert by at most a check")
    func staysBack() throws {
        let thresholds = AlertThresholds(firesAfter: .seconds(60))
        var state = AlertState.fixture(.rising)
        for second in [-3600, -3590] {
            state = try #require(state.next(.fixture(true), at: .test(second), thresholds)).state
        }
        #expect(state.phase == .rising)
        #expect(state.next(.fixture(true), at: .test(-3530), thresholds)?.event?.type == .alertFiring)
    }
}
