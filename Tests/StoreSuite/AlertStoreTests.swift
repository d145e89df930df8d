import TestSupport
import Testing
import Unstick

@Suite("Alert storage")
struct AlertStoreTests {
    @Test("of servers that see the same, one writes it and sends the event", arguments: StoreBackend.available)
    func together(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.put(.fixture(events: ["alert.*"]))
            let condition = AlertCondition(isTrue: true, value: 3.5, threshold: 2, summary: "Held.")
            let now = Timestamp(milliseconds: 1_000_000)
            let change = try #require(AlertState(.cleanupHeld).next(condition, at: now, AlertThresholds()))
            let written = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<8 {
                    group.addTask { try await store.write(change, over: AlertState(.cleanupHeld)) }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(written == 1)
            #expect(try await store.alerts() == [change.state])
            let well = AlertCondition(isTrue: false, value: 0, threshold: 2, summary: "Not held.")
            var state = change.state
            for minute in 1...6 {
                let now = now + .seconds(60 * minute)
                guard let next = state.next(well, at: now, AlertThresholds()) else { continue }
                #expect(try await store.write(next, over: state))
                state = next.state
            }
            #expect(state.phase == .ok)
            #expect(try await store.takeAll().map(\.type) == ["alert.firing", "alert.resolved"])
        }
    }
}
