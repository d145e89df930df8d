import Foundation
import HTTPTypes
import Synchronization
import Testing
import Unstick
import UnstickSQLite

@testable import UnstickServer

@Suite("Refused calls")
struct RefusalTests {
    private final class Clock: Sendable {
        private let instant = Mutex(ContinuousClock.now)
        var now: ContinuousClock.Instant { self.instant.withLock { $0 } }
        func pass(_ time: Duration) { self.instant.withLock { $0 += time } }
    }

    private func refusals(_ clock: Clock, most: Int? = nil) -> Refusals { Refusals(most: most) { clock.now } }

    @Test("a caller waits after a number of refusals for one reason, until a minute after the first")
    func waits() {
        let clock = Clock()
        let refusals = self.refusals(clock)
        for _ in 0..<10 { #expect(refusals.add(.signIn, by: "a").wait == nil) }
        #expect(refusals.add(.signIn, by: "a").wait == Refusals.window)
        clock.pass(.seconds(20))
        #expect(refusals.add(.signIn, by: "a").wait == .seconds(40))
        #expect(refusals.add(.signIn, by: "b").wait == nil && refusals.add(.credential, by: "a").wait == nil)
        clock.pass(.seconds(40))
        #expect(refusals.add(.signIn, by: "a").wait == nil)
        for _ in 0..<1000 { #expect(refusals.add(.missing, by: "a") == Refusals.Standing()) }
    }

    @Test("a full table drops the oldest, and no other caller waits for it")
    func full() {
        let clock = Clock()
        let refusals = self.refusals(clock, most: 1)
        for index in 0..<(3 * Refusals.mostCallers) {
            let wait = refusals.add(.signIn, by: "caller \(index)").wait
            if wait != nil { Issue.record("caller \(index) waits \(wait as Any)") }
        }
        let last = 3 * Refusals.mostCallers - 1
        #expect(refusals.add(.signIn, by: "caller \(last)").wait != nil, "the newest are remembered")
        #expect(refusals.add(.signIn, by: "caller 0").wait == nil, "the oldest are not")
        clock.pass(Refusals.window)
        #expect(refusals.add(.signIn, by: "caller \(last)").wait == nil)
    }

    @Test("notices are few, and each has the number of refusals: of one caller, of many, and in total")
    func notices() {
        let one = self.refusals(Clock())
        let ofOne = (0..<1000).compactMap { _ in one.add(.credential, by: "a").notice }
        #expect(ofOne.map(\.refused) == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512])
        #expect(ofOne.reduce(0) { $0 + $1.unreported + 1 } == 512)
        let clock = Clock()
        let many = self.refusals(clock)
        let ofMany = (0..<100_000).compactMap { many.add(.credential, by: "caller \($0)").notice }
        #expect(ofMany.count == Refusals.mostNotices + 11, "64, 128 and so on to 65,536")
        #expect(ofMany.last?.unreported == 32_767)
        clock.pass(Refusals.noticeWindow)
        let next = many.add(.credential, by: "caller 0").notice
        #expect(next == Refusals.Notice(refused: 1, unreported: 100_000 - 65_536))
    }

    @Test("addresses of one IPv6 network of 64 bits are one caller")
    func groups() {
        let same = ["2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"].map { Client(address: $0).group }
        #expect(Set(same).count == 1)
        #expect(Client(address: "2001:db8:1:3::1").group != same[0])
        #expect(Client(address: "192.0.2.1").group != Client(address: "192.0.2.2").group)
        #expect(Client(address: "::ffff:192.0.2.1").group == Client(address: "192.0.2.1").group)
    }

    @Test("wrong tokens, cron secrets and roles are answered with 429 in the end; a valid one is always admitted")
    func backOff() async throws {
        let secret = "the secret of the cron job"
        try await APIHarness.run(
            cronSecret: try SharedSecret([secret], name: "CRON_SECRET", minimum: 16),
            refusals: Refusals(most: 3)
        ) { api in
            let cases = [
                ("/api/cron/cleanup-jobs", "wrong", 401, secret), ("/api/admin/jobs", "wrong", 401, api.viewerToken),
                ("/api/admin/alerts", api.workerToken, 403, api.adminToken),
            ]
            for (path, wrong, status, right) in cases {
                for _ in 0..<3 { #expect(try await api.ask(.get, path, token: wrong).status == status, "\(path)") }
                let refused = try await api.ask(.get, path, token: wrong)
                #expect(refused.status == 429 && refused.json["code"] as? String == "too_many_refusals", "\(path)")
                let wait = try #require(refused.headers[.retryAfter].flatMap { Int($0) })
                #expect(1...60 ~= wait)
                #expect(try await api.ask(.get, path, token: right).status == 200, "\(path)")
                #expect(try await api.ask(.get, path, token: wrong).status == 429, "\(path)")
            }
            for _ in 0..<10 {
                #expect(try await api.get("/api/admin/jobs", token: "").status == 401, "none is not wrong")
            }
        }
    }

    @Test("a refusal is logged with its address and reason, and counted by its reason; neither contains a secret")
    func logged() async throws {
        let log = RecordedLog()
        let registry = PrometheusRegistry(families: MetricFamily.unstick)
        try await APIHarness.run(registry: registry, logger: log.logger) { api in
            _ = try await api.get("/api/admin/jobs", token: "a-wrong-token-of-somebody")
            _ = try await api.get("/api/admin/jobs", token: api.workerToken)
            let lines = log.lines.filter { $0.contains("Call refused") }
            #expect(lines.count == 2 && lines.allSatisfy { $0.hasPrefix("notice") && $0.contains("address=127.0.0.1") })
            #expect(lines[0].contains("reason=credential") && lines[1].contains("reason=role"))
            #expect(lines[1].contains("name=gpu-7"))
            #expect(!log.lines.contains { $0.contains("a-wrong-token") || $0.contains(api.workerToken) })
        }
    }
}
