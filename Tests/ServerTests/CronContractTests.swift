import Foundation
import Testing
import Unstick

@testable import UnstickServer

@Suite("GET /api/cron/cleanup-jobs")
struct CronContractTests {
    private static let secrets = ["the-current-secret", "the-previous-one-1"]

    private func withSecret(_ body: @Sendable (APIHarness) async throws -> Void) async throws {
        try await APIHarness.run(
            cronSecret: SharedSecret(Self.secrets, name: "CRON_SECRET", minimum: 16),
            body
        )
    }

    @Test("the current or the previous secret makes a run")
    func runs() async throws {
        try await self.withSecret { api in
            try await api.addStuck(2)
            let reply = try await api.get("/api/cron/cleanup-jobs", token: Self.secrets[0])
            #expect(reply.status == 200 && reply.json["success"] as? Bool == true)
            #expect(reply.result["totalFound"] as? Int == 2 && reply.result["cleanedUp"] as? Int == 2)
            #expect(reply.result["tokensRefunded"] as? Int == 18 && reply.result["errorCount"] as? Int == 0)
            #expect(reply.result["failed"] as? Int == 0 && reply.result["jobs"] == nil)
            #expect((reply.json["timestamp"] as? String).flatMap { Timestamp($0) } != nil)
            #expect(try await api.store.runs(before: nil, limit: 1).first?.trigger == .cron)
            #expect(try await api.get("/api/cron/cleanup-jobs", token: Self.secrets[1]).status == 200)
        }
    }

    @Test("a wrong or missing secret, or an admin's token, is 401 and runs nothing")
    func refused() async throws {
        try await self.withSecret { api in
            for token in ["", "wrong", Self.secrets[0] + "x", String(Self.secrets[0].dropLast()), api.adminToken] {
                let reply = try await api.get("/api/cron/cleanup-jobs", token: token)
                #expect(reply.status == 401 && reply.text == #"{"error":"Unauthorized"}"#)
            }
            #expect(try await api.store.runs(before: nil, limit: 1).isEmpty)
        }
    }

    @Test("without a secret it is open, for development")
    func open() async throws {
        try await APIHarness.run { api in
            let reply = try await api.get("/api/cron/cleanup-jobs", token: "")
            #expect(reply.status == 200)
        }
    }

    @Test("the server's own options apply")
    func options() async throws {
        try await APIHarness.run(options: CleanupOptions(timeout: .seconds(60), batchSize: 2)) { api in
            try await api.addStuck(3)
            let reply = try await api.get("/api/cron/cleanup-jobs", token: "")
            #expect(reply.result["cleanedUp"] as? Int == 2 && reply.result["more"] as? Bool == true)
        }
    }

    @Test("a call during another run is answered and skipped")
    func busy() async throws {
        try await APIHarness.run { api in
            try await api.addStuck(2)
            let claim = try await api.store.claim(
                ScheduledCleanup.name,
                due: nil,
                holder: "another node",
                lease: .seconds(60)
            )
            #expect(claim == .claimed)
            let reply = try await api.get("/api/cron/cleanup-jobs", token: "")
            #expect(reply.status == 200 && reply.json["status"] as? String == "already_running")
            #expect(reply.result["totalFound"] as? Int == 0)
            #expect(try await api.store.job("ada-0")?.status == .processing)
            try await api.store.release(ScheduledCleanup.name, holder: "another node")
            #expect(try await api.get("/api/cron/cleanup-jobs", token: "").result["cleanedUp"] as? Int == 2)
        }
    }

    @Test("fifty calls at once clean every job once")
    func together() async throws {
        try await APIHarness.run { api in
            try await api.addStuck(15)
            let cleaned = try await withThrowingTaskGroup(of: Int.self) { calls in
                for _ in 0..<50 {
                    calls.addTask {
                        let reply = try await api.get("/api/cron/cleanup-jobs", token: "")
                        #expect(reply.status == 200)
                        return reply.result["cleanedUp"] as? Int ?? 0
                    }
                }
                return try await calls.reduce(0, +)
            }
            #expect(cleaned == 15)
            #expect(try await api.store.balance(of: "ada") == 135)
            #expect(try await api.store.reconcile(limit: 5).isClean)
        }
    }

    @Test("a held run is a failure for callers that watch the status")
    func held() async throws {
        try await APIHarness.run { api in
            try await api.addStuck(30)
            let reply = try await api.get("/api/cron/cleanup-jobs", token: "")
            #expect(reply.status == 500 && reply.json["success"] as? Bool == false)
            #expect(reply.json["error"] as? String == "Cleanup failed")
            #expect((reply.json["details"] as? String)?.contains("30 of 30 running jobs") == true)
        }
    }
}
