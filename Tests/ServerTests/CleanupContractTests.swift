import Foundation
import HTTPTypes
import Testing
import Unstick

@testable import UnstickServer

@Suite("POST /api/admin/jobs/cleanup")
struct CleanupContractTests {
    @Test("stuck jobs are cleaned and the answer has the contract's shape")
    func cleans() async throws {
        try await APIHarness.run { api in
            try await api.addStuck(3)
            let reply = try await api.cleanUp()
            #expect(reply.status == 200)
            #expect(reply.json["success"] as? Bool == true)
            #expect(
                reply.json["message"] as? String == "Successfully cleaned up 3 stuck jobs and refunded 27 tokens"
            )
            #expect(reply.result["totalFound"] as? Int == 3 && reply.result["cleanedUp"] as? Int == 3)
            #expect(reply.result["failed"] as? Int == 0 && reply.result["tokensRefunded"] as? Int == 27)
            let job = try #require((reply.result["jobs"] as? [[String: Any]])?.first)
            #expect(job["id"] as? String == "ada-2" && job["userId"] as? String == "ada")
            #expect(job["tokensRefunded"] as? Int == 9 && (job["processingDuration"] as? Int ?? 0) >= 602_000)
            #expect(try await api.store.balance(of: "ada") == 27)
            let run = try #require(try await api.store.runs(before: nil, limit: 1).first)
            #expect(run.trigger.description == "admin:grace")
        }
    }

    @Test("options in the body are used")
    func options() async throws {
        try await APIHarness.run { api in
            try await api.addStuck(5)
            let dry = try await api.cleanUp(#"{"dryRun": true}"#)
            #expect(dry.json["message"] as? String == "Dry run: Found 5 stuck jobs (no changes made)")
            #expect(dry.result["tokensRefunded"] as? Int == 0 && dry.result["tokensOwed"] as? Int == 45)
            let jobs = try #require(dry.result["jobs"] as? [[String: Any]])
            #expect(jobs.allSatisfy { $0["tokensRefunded"] as? Int == 0 && $0["tokensOwed"] as? Int == 9 })
            #expect(try await api.store.balance(of: "ada") == 0)
            let patient = try await api.cleanUp(#"{"timeoutMs": 3600000}"#)
            #expect(patient.json["message"] as? String == "No stuck jobs found")
            let two = try await api.cleanUp(#"{"timeoutMs": 60000, "batchSize": 2, "dryRun": false}"#)
            #expect(two.result["cleanedUp"] as? Int == 2 && two.result["more"] as? Bool == true)
            #expect(try await api.cleanUp(" \n").result["cleanedUp"] as? Int == 3)
        }
    }

    @Test(
        "an invalid body is 400 and runs nothing",
        arguments: [
            (#"{"dryRun": true"#, ""), (#"[]"#, ""), ("null", ""), ("tru", ""), ("\"dryRun\"", ""),
            (#"{"dryrun": true}"#, "/dryrun"), (#"{"a/b~c": 1}"#, "/a~1b~0c"), (#"{"dryRun": "true"}"#, "/dryRun"),
            (#"{"dryRun": 1}"#, "/dryRun"), (#"{"dryRun": null}"#, "/dryRun"), (#"{"timeoutMs": 0}"#, "/timeoutMs"),
            (#"{"timeoutMs": 315360000001}"#, "/timeoutMs"), (#"{"timeoutMs": 1.5}"#, "/timeoutMs"),
            (#"{"timeoutMs": "60000"}"#, "/timeoutMs"), (#"{"timeoutMs": 1e400}"#, "/timeoutMs"),
            (#"{"batchSize": 10001}"#, "/batchSize"), (#"{"batchSize": -1}"#, "/batchSize"),
            (#"{"force": "yes"}"#, "/force"), (#"{"dryRun": true} {}"#, ""),
        ]
    )
    func badBodies(body: String, pointer: String) async throws {
        try await APIHarness.run { api in
            try await api.addStuck(1)
            let reply = try await api.cleanUp(body)
            #expect(reply.status == 400, "\(reply.text)")
            // A number that overflows makes the whole document invalid for the parser.
            #expect(reply.pointer == pointer || body.contains("1e400"), "\(reply.text)")
            #expect(try await api.store.runs(before: nil, limit: 1).isEmpty)
            #expect(try await api.store.job("ada-0")?.status == .processing)
        }
    }

    @Test("a body of another type is 415, one over a megabyte 413")
    func otherBodies() async throws {
        try await APIHarness.run { api in
            for type in ["text/plain", "application/x-www-form-urlencoded"] {
                let reply = try await api.cleanUp(#"{"dryRun": true}"#, type: type)
                #expect(reply.status == 415)
            }
            #expect(try await api.cleanUp(#"{"dryRun": true}"#, type: nil).status == 415)
            #expect(try await api.cleanUp("{}", type: "application/json; charset=utf-8").status == 200)
            let large = #"{"dryRun": true, "x": ""# + String(repeating: "x", count: 1 << 20) + #""}"#
            #expect(try await api.cleanUp(large).status == 413)
            #expect(try await api.cleanUp(String(repeating: "[", count: 100_000)).status == 400)
            #expect(try await api.store.runs(before: nil, limit: 10).count == 1)
        }
    }

    @Test("without a credential 401, as a viewer 403, with the contract's bodies")
    func refusals() async throws {
        try await APIHarness.run { api in
            try await api.addStuck(1)
            for token in ["", "nonsense", "unstick_0123456789abcdef_0", api.adminToken + "0", "unstick__"] {
                let reply = try await api.cleanUp(token: token)
                #expect(reply.status == 401 && reply.text == #"{"error":"Unauthorized"}"#)
            }
            let viewer = try await api.cleanUp(token: api.viewerToken)
            #expect(viewer.status == 403 && viewer.text == #"{"error":"Forbidden: Admin access required"}"#)
            #expect(try await api.store.job("ada-0")?.status == .processing)
        }
    }

    @Test("a failed run is 500 with the contract's body, and the server continues")
    func failure() async throws {
        try await APIHarness.run { api in
            try api.store.close()
            let reply = try await api.ask(
                .post,
                "/api/admin/jobs/cleanup",
                token: String(repeating: "s", count: 32)
            )
            #expect(reply.status == 500 && reply.json["error"] as? String == "Failed to cleanup stuck jobs")
            #expect(reply.json["details"] as? String == "The database was closed.")
            // A stored key cannot be looked up, so no caller is admitted without it.
            #expect(try await api.cleanUp().status == 503)
            let cron = try await api.ask(.get, "/api/cron/cleanup-jobs", token: "")
            #expect(cron.status == 500 && cron.json["error"] as? String == "Cleanup failed")
            #expect(cron.json["success"] as? Bool == false)
            #expect(!cron.text.contains("SELECT") && !cron.text.contains("SQLite error"))
            #expect(try await api.get("/healthz", token: "").status == 200)
            #expect(try await api.get("/readyz", token: "").status == 503)
        }
    }

    @Test("a run that the guard holds is 409 and changes nothing; an approval releases it, force does not")
    func held() async throws {
        try await APIHarness.run { api in
            try await api.addStuck(30)
            let reply = try await api.cleanUp()
            #expect(reply.status == 409 && reply.json["code"] as? String == "held")
            let id = try #require(reply.json["runId"] as? String)
            #expect(try await api.store.run(id)?.status == .held)
            let forced = try await api.cleanUp(#"{"force": true}"#)
            #expect(forced.status == 200 && forced.result["heldCount"] as? Int == 30)
            #expect(forced.result["cleanedUp"] as? Int == 0)
            let holds = try #require(try await api.get("/api/admin/holds").json["holds"] as? [[String: Any]])
            let hold = try #require(holds.first?["id"] as? String)
            #expect(holds.count == 1 && holds[0]["jobs"] as? Int == 30 && holds[0]["state"] as? String == "OPEN")
            #expect((try await api.get("/api/admin/holds/\(hold)").json["jobs"] as? [Any])?.count == 30)
            let approved = try await api.post("/api/admin/holds/\(hold)/approve", token: api.adminToken)
            #expect(approved.json["state"] as? String == "APPROVED")
            #expect(try await api.post("/api/admin/holds/\(hold)/clear", token: api.adminToken).status == 409)
            #expect(try await api.post("/api/admin/holds/none/clear", token: api.adminToken).status == 404)
            #expect(try await api.cleanUp().result["cleanedUp"] as? Int == 30)
        }
    }

    @Test("jobs that cannot be cleaned are reported, the rest are cleaned")
    func partly() async throws {
        try await APIHarness.run { api in
            try await api.addStuck(1, user: "rich")
            try await api.addStuck(2)
            try await TokenBalanceManager(store: api.store).addTokens(Limits.tokens, to: "rich")
            let reply = try await api.cleanUp()
            #expect(
                reply.status == 200 && reply.result["cleanedUp"] as? Int == 2 && reply.result["failed"] as? Int == 1
            )
            let error = try #require((reply.result["errors"] as? [[String: Any]])?.first)
            #expect(error["jobId"] as? String == "rich-0")
            #expect((error["error"] as? String)?.contains("9007199254740991") == true)
            let alone = try await api.cleanUp()
            #expect(alone.json["message"] as? String == "Found 1 stuck jobs, but none could be cleaned up")
        }
    }

    @Test("a run takes the named kinds, and an empty list is refused")
    func kinds() async throws {
        try await APIHarness.run { api in
            try await api.addStuck(3)
            let none = try await api.cleanUp(#"{"kinds":["video"]}"#)
            #expect(none.status == 200 && none.result["totalFound"] as? Int == 0)
            for body in [
                #"{"kinds":[]}"#, #"{"kinds":null}"#, #"{"kinds":"image"}"#, #"{"kinds":[""]}"#, #"{"kinds":[1]}"#,
            ] {
                let refused = try await api.cleanUp(body)
                #expect(
                    refused.status == 400 && refused.pointer?.hasPrefix("/kinds") == true,
                    "\(body) \(refused.text)"
                )
            }
            let kind = try #require(try await api.store.jobs(JobFilter(), after: nil, limit: 1).rows.first).kind
            let taken = try await api.cleanUp(#"{"kinds":["video","\#(kind)"]}"#)
            #expect(taken.result["cleanedUp"] as? Int == 3)
            let run = try await api.get("/api/admin/cleanup/runs?limit=1").json["runs"] as? [[String: Any]]
            #expect(run?.first?["kinds"] as? [String] == ["video", kind])
        }
    }
}
