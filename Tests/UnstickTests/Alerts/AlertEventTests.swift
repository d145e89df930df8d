import Testing
import Unstick

@Suite("Alert events")
struct AlertEventTests {
    private let thresholds = AlertThresholds(resolvesAfter: .seconds(300))

    @Test("the start has the problem and its time")
    func firing() throws {
        let change = AlertState(.cleanupHeld).next(.fixture(true), at: .test(0), self.thresholds)
        let event = try #require(change?.event)
        #expect(event.type.rawValue == "alert.firing")
        #expect(event.id == "019b76da-a800-7000-8000-000000000000-cleanup-held-firing")
        #expect(
            event.payload == """
                {"alert":"cleanup_held","since":"2026-01-01T00:00:00.000Z","summary":"It is 23.",\
                "threshold":10,"value":23}
                """
        )
    }

    @Test("the end has the start and the end time")
    func resolved() throws {
        let state = AlertState.fixture(.falling, name: .cleanupHeld, firingSince: .test(-500))
        let event = try #require(state.next(.fixture(false), at: .test(300), self.thresholds)?.event)
        #expect(event.type.rawValue == "alert.resolved")
        #expect(event.id == "019b76df-3be0-7000-8000-000000000000-cleanup-held-resolved")
        #expect(
            event.payload == """
                {"alert":"cleanup_held","resolvedAt":"2026-01-01T00:05:00.000Z","since":"2025-12-31T23:51:40.000Z",\
                "summary":"It is 3.","threshold":10,"value":3}
                """
        )
    }

    @Test("ids are plain", arguments: AlertName.allCases)
    func ids(name: AlertName) throws {
        let thresholds = AlertThresholds(firesAfter: .zero)
        let event = try #require(AlertState(name).next(.fixture(true), at: .test(0), thresholds)?.event)
        #expect(event.id.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") })
    }
}
