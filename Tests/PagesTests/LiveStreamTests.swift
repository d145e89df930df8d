import HTTPTypes
import Synchronization
import TestTags
import Testing
import Unstick
import UnstickSQLite
import UnstickServer

@testable import UnstickPages

@Suite("Live updates", .tags(.alone))
struct LiveStreamTests {
    @Test("requests that an open page sends by itself do not extend a session")
    func idle() async throws {
        let now = Mutex(SQLiteStore.machineClock())
        @Sendable func pass(_ time: Duration) { now.withLock { $0 = $0 + time } }
        let clock: @Sendable () -> Timestamp = { now.withLock { $0 } }
        try await PagesHarness.run(clock: clock) { pages in
            let cookie = try await pages.cookie(of: .viewer)
            let digest = SecretDigest.sha256(String(cookie.split(separator: "=")[1]))
            for _ in 0..<2 {
                pass(.seconds(14 * 60))
                // An unknown topic, because the stream itself would last for minutes.
                #expect(try await pages.get("/admin/live?watch=nothing").status == 400)
                #expect(try await pages.get("/admin", headers: ["x-live": "1"]).status == 200)
            }
            pass(.seconds(3 * 60))
            #expect(try await pages.store.session(digest, renews: false) == nil)
            #expect(
                try await pages.get("/admin/live?watch=overview", headers: ["accept": "text/event-stream"]).status
                    == 401
            )
            #expect(try await pages.get("/admin", headers: ["x-live": "1"]).status == 401)
        }
    }

    @Test("one session and one address have a bounded number of streams, others keep theirs")
    func bounds() async throws {
        try await PagesHarness.run { pages in
            let live = pages.pages.live
            func holders(_ session: Int, _ address: String) -> [Shares.Holder] {
                [
                    Shares.Holder("address \(address)", most: LiveUpdates.mostOfAddress),
                    Shares.Holder("session \(session)", most: LiveUpdates.mostOfSession),
                ]
            }
            var open: [AsyncStream<Void>] = []
            for _ in 0..<LiveUpdates.mostOfSession {
                open.append(try live.changes(of: .overview, for: holders(0, "a")))
            }
            #expect(throws: Shares.Refusal.holderIsFull) { try live.changes(of: .overview, for: holders(0, "a")) }
            for session in 1..<(LiveUpdates.mostOfAddress / LiveUpdates.mostOfSession) {
                for _ in 0..<LiveUpdates.mostOfSession {
                    open.append(try live.changes(of: .overview, for: holders(session, "a")))
                }
            }
            #expect(throws: Shares.Refusal.holderIsFull) { try live.changes(of: .overview, for: holders(99, "a")) }
            open.append(try live.changes(of: .overview, for: holders(99, "b")))
            #expect(live.count == LiveUpdates.mostOfAddress + 1)
            open = []
            #expect(live.count == 0)
            _ = try live.changes(of: .overview, for: holders(0, "a"))
        }
    }

    @Test("a refused browser receives the time of the next try")
    func refused() async throws {
        try await PagesHarness.run { pages in
            let cookie = try await pages.cookie(of: .viewer)
            let session = SecretDigest.sha256(String(cookie.split(separator: "=")[1])).hexadecimal
            let holders = [Shares.Holder("session \(session)", most: LiveUpdates.mostOfSession)]
            let open = try (0..<LiveUpdates.mostOfSession).map { _ in
                try pages.pages.live.changes(of: .overview, for: holders)
            }
            let reply = try await pages.get("/admin/live?watch=overview")
            #expect(
                reply.status == 429 && reply.headers[.retryAfter] == "60" && open.count == LiveUpdates.mostOfSession
            )
        }
    }
}
