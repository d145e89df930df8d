import Foundation
import HTTPTypes
import Synchronization
import Testing
import Unstick

@testable import UnstickServer

@Suite("Job routes")
struct JobLifeRouteTests {
    private func funded(
        policy: Policy = Policy(),
        _ body: @escaping @Sendable (APIHarness) async throws -> Void
    ) async throws {
        try await APIHarness.run(policy: policy) { api in
            try await TokenBalanceManager(store: api.store).addTokens(100, to: "ada")
            try await body(api)
        }
    }

    private static let job =
        #"{"id":"a/b","userId":"ada","kind":"image","tokensCost":8,"payload":{"b":[1,null],"a":"x"}}"#

    private func claim(_ api: APIHarness, _ more: String = "") async throws -> [[String: Any]] {
        let reply = try await api.post(
            "/api/jobs/claim",
            #"{"kinds":["image"],"worker":"gpu-7"\#(more)}"#,
            token: api.workerToken
        )
        #expect(reply.status == 200, "\(reply.text)")
        return reply.json["jobs"] as? [[String: Any]] ?? []
    }

    @Test("create, claim, heartbeat, complete")
    func wholeLife() async throws {
        try await self.funded { api in
            let created = try await api.post("/api/jobs", Self.job)
            #expect(created.status == 201 && created.json["status"] as? String == "PENDING")
            #expect(created.headers[.location] == "/api/jobs/a%2Fb")
            let job = try #require(try await self.claim(api).first)
            #expect(job["attempt"] as? Int == 1 && job["worker"] as? String == "gpu-7")
            #expect((job["payload"] as? [String: Any])?["a"] as? String == "x")
            let beat = try await api.post(
                "/api/jobs/a%2Fb/heartbeat",
                #"{"attempt":1,"progress":0.5,"message":"half"}"#,
                token: api.workerToken
            )
            #expect(beat.status == 200 && beat.json["alive"] as? Bool == true)
            let done = try await api.post("/api/jobs/a%2Fb/complete", #"{"attempt":1}"#, token: api.workerToken)
            #expect(done.status == 200 && done.json["status"] as? String == "COMPLETED")
            let again = try await api.post("/api/jobs/a%2Fb/complete", #"{"attempt":1}"#, token: api.workerToken)
            #expect(again.status == 409 && again.json["reason"] as? String == "already_completed")
            #expect(try await api.ask(.get, "/api/jobs/a%2Fb", token: api.workerToken).status == 200)
            #expect(try await api.ask(.get, "/api/jobs/none", token: api.appToken).status == 404)
            #expect(try await api.store.balance(of: "ada") == 92)
        }
    }

    @Test("a repeated creation is 200 with the job as it is, another one with its id or key is 422")
    func idempotency() async throws {
        try await self.funded { api in
            #expect(try await api.post("/api/jobs", Self.job).status == 201)
            _ = try await self.claim(api)
            let again = try await api.post(
                "/api/jobs",
                Self.job.replacing(#"{"b":[1,null],"a":"x"}"#, with: #"{ "a":"x", "b":[1,null] }"#)
            )
            #expect(again.status == 200 && again.json["status"] as? String == "PROCESSING")
            #expect(again.headers[.location] == "/api/jobs/a%2Fb")
            _ = try await api.post(
                "/api/jobs/a%2Fb/fail",
                #"{"attempt":1,"message":"no","retryable":false}"#,
                token: api.workerToken
            )
            let ended = try await api.post("/api/jobs", Self.job)
            #expect(ended.status == 200 && ended.json["status"] as? String == "FAILED")
            let other = try await api.post("/api/jobs", Self.job.replacing("8", with: "9"))
            #expect(other.status == 422 && other.json["code"] as? String == "idempotency_conflict")
            let anonymous = #"{"userId":"ada","kind":"image","tokensCost":5}"#
            let key = ["Idempotency-Key": "order-7"]
            let keyed = try await api.post("/api/jobs", anonymous, headers: key)
            #expect(keyed.status == 201 && (keyed.json["id"] as? String)?.isEmpty == false)
            let repeated = try await api.post("/api/jobs", anonymous, headers: key)
            #expect(repeated.status == 200 && repeated.text == keyed.text)
            #expect(try await api.post("/api/jobs", anonymous.replacing("5", with: "6"), headers: key).status == 422)
            #expect(try await api.post("/api/jobs", Self.job.replacing("a/b", with: "c"), headers: key).status == 422)
            #expect(try await api.store.balance(of: "ada") == 95)
        }
    }

    @Test("too few tokens are 402 with the missing amount, and nothing is created")
    func poor() async throws {
        try await self.funded { api in
            let reply = try await api.post("/api/jobs", Self.job.replacing("8", with: "130"))
            #expect(reply.status == 402 && reply.json["code"] as? String == "insufficient_tokens")
            #expect(reply.json["missing"] as? Int == 30 && reply.json["balance"] as? Int == 100)
            #expect(reply.json["needed"] as? Int == 130)
            #expect(try await api.store.job("a/b") == nil)
        }
    }

    @Test("a caller that lost the attempt gets 409 with the reason, also on heartbeat")
    func lost() async throws {
        let policy = Policy(standard: Rule(retry: Retry(attempts: 5, backoff: .milliseconds(1))))
        try await self.funded(policy: policy) { api in
            func refusal(_ action: String, _ body: String, token: String? = nil) async throws -> String {
                let reply = try await api.post("/api/jobs/a%2Fb/\(action)", body, token: token ?? api.workerToken)
                #expect(reply.status == 409, "\(reply.text)")
                return "\(reply.json["reason"] ?? "") \(reply.json["jobStatus"] ?? "") \(reply.json["attempt"] ?? "")"
            }
            _ = try await api.post("/api/jobs", Self.job)
            #expect(try await refusal("heartbeat", #"{"attempt":1}"#) == "not_running PENDING 0")
            _ = try await self.claim(api)
            #expect(try await refusal("start", "{}") == "already_running PROCESSING 1")
            let failed = try await api.post(
                "/api/jobs/a%2Fb/fail",
                #"{"attempt":1,"message":"no"}"#,
                token: api.workerToken
            )
            #expect(failed.json["status"] as? String == "PENDING")
            while try await self.claim(api).isEmpty { await Task.yield() }
            #expect(try await refusal("heartbeat", #"{"attempt":1}"#) == "attempt_lost PROCESSING 2")
            #expect(try await refusal("complete", #"{"attempt":1}"#) == "attempt_lost PROCESSING 2")
            #expect(try await api.post("/api/jobs/a%2Fb/cancel", #"{"userId":"eve"}"#).status == 404)
            #expect(
                try await api.post("/api/jobs/a%2Fb/cancel", #"{"userId":"ada","message":"never mind"}"#).status == 200
            )
            #expect(try await refusal("heartbeat", #"{"attempt":2}"#) == "cancelled CANCELLED 2")
            #expect(try await refusal("fail", #"{"attempt":2,"message":"x"}"#) == "cancelled CANCELLED 2")
            #expect(try await api.store.balance(of: "ada") == 100)
            let retried = try await api.ask(.post, "/api/admin/jobs/a%2Fb/retry", token: api.adminToken)
            #expect(retried.status == 200 && retried.json["status"] as? String == "PENDING")
            #expect(try await api.store.balance(of: "ada") == 92)
        }
    }

    @Test("a job with a reservation is settled in part")
    func hold() async throws {
        try await self.funded { api in
            _ = try await api.post(
                "/api/jobs",
                #"{"id":"h","userId":"ada","kind":"image","tokensCost":10,"chargeKind":"HOLD"}"#
            )
            _ = try await self.claim(api)
            let much = try await api.post(
                "/api/jobs/h/complete",
                #"{"attempt":1,"tokensUsed":11}"#,
                token: api.workerToken
            )
            #expect(much.status == 409 && much.json["code"] as? String == "exceeds_hold")
            let done = try await api.post(
                "/api/jobs/h/complete",
                #"{"attempt":1,"tokensUsed":4}"#,
                token: api.workerToken
            )
            #expect(done.status == 200 && done.json["tokensUsed"] as? Int == 4)
            #expect(try await api.store.balance(of: "ada") == 96)
        }
    }

    @Test("batches are answered entry by entry")
    func batches() async throws {
        try await self.funded { api in
            for id in ["a", "b"] {
                _ = try await api.post("/api/jobs", #"{"id":"\#(id)","userId":"ada","kind":"image","tokensCost":1}"#)
            }
            _ = try await self.claim(api, #","limit":2"#)
            let beats = try await api.post(
                "/api/jobs/heartbeats",
                #"{"beats":[{"id":"a","attempt":1},{"id":"b","attempt":7},{"id":"x","attempt":1}]}"#,
                token: api.workerToken
            )
            let answers = (beats.json["results"] as? [[String: Any]])?.map { $0["reason"] as? String ?? "ok" }
            #expect(answers == ["ok", "attempt_lost", "not_found"])
            let ends = try await api.post(
                "/api/jobs/completions",
                #"{"completions":[{"id":"a","attempt":1},{"id":"a","attempt":1},{"id":"b","attempt":1,"tokensUsed":0}]}"#,
                token: api.workerToken
            )
            let outcomes = (ends.json["results"] as? [[String: Any]])?.map { $0["reason"] as? String ?? "ok" }
            #expect(outcomes == ["ok", "already_completed", "invalid_argument"])
        }
    }

    @Test("a waiting claim gets a job that arrives")
    func longPoll() async throws {
        try await self.funded { api in
            async let waiting = self.claim(api, #","waitSeconds":30"#)
            // Directly in the store: the client has one connection, on which the claim waits.
            _ = try await api.store.create(NewJob(id: "late", userID: "ada", kind: "image", tokensCost: 1))
            let claimed = try await waiting
            #expect(claimed.count == 1)
            #expect(try await self.claim(api).isEmpty)
        }
    }

    @Test("a waiting claim is woken by a job of this server")
    func woken() async throws {
        let waiting = WaitingClaims()
        let queries = Mutex(0)
        let job = Job(
            id: "a",
            userID: "ada",
            kind: "image",
            tokensCost: 1,
            status: .processing,
            createdAt: Timestamp(seconds: 0),
            updatedAt: Timestamp(seconds: 0)
        )
        let claimed = try await waiting.claim(for: .seconds(30), by: "worker") {
            let query = queries.withLock { queries in
                queries += 1
                return queries
            }
            // The job arrives between the query and the sleep, where it is missed most easily.
            if query == 1 { waiting.wake() }
            return query == 1 ? [] : [job]
        }
        #expect(claimed.map(\.id) == ["a"] && queries.withLock { $0 } == 2)
    }

    @Test(
        "invalid bodies are 400 and change nothing",
        arguments: [
            ("/api/jobs", #"{"userId":"ada","kind":"image"}"#, "/tokensCost"),
            ("/api/jobs", #"{"userId":"ada","kind":"image","tokensCost":-1}"#, "/tokensCost"),
            ("/api/jobs", #"{"userId":"ada","kind":"image","tokensCost":1.5}"#, "/tokensCost"),
            ("/api/jobs", #"{"userId":"","kind":"image","tokensCost":1}"#, "/userId"),
            ("/api/jobs", #"{"userId":"ada","kind":"image","tokensCost":1,"chargeKind":"LOAN"}"#, "/chargeKind"),
            ("/api/jobs", #"{"userId":"ada","kind":"image","tokensCost":1,"cost":1}"#, "/cost"),
            ("/api/jobs", "[]", ""),
            ("/api/jobs/claim", #"{"kinds":[]}"#, "/kinds"), ("/api/jobs/claim", #"{"kinds":[1]}"#, "/kinds/0"),
            ("/api/jobs/claim", #"{"kinds":["x"],"waitSeconds":31}"#, "/waitSeconds"),
            ("/api/jobs/x/heartbeat", #"{"attempt":0}"#, "/attempt"),
            ("/api/jobs/x/heartbeat", #"{"attempt":1,"progress":1.1}"#, "/progress"),
            ("/api/jobs/x/fail", #"{"attempt":1,"message":"x","retryable":null}"#, "/retryable"),
        ]
    )
    func wrongBodies(path: String, body: String, pointer: String) async throws {
        try await self.funded { api in
            let reply = try await api.post(path, body)
            #expect(reply.status == 400 && reply.pointer == pointer, "\(reply.text)")
            #expect(try await api.store.jobs(JobFilter(), after: nil, limit: 1).rows.isEmpty)
        }
    }
}

@Suite("Policy and pause routes")
struct PolicyRouteTests {
    @Test("the policy is shown and read again; an invalid file does not change it")
    func reload() async throws {
        let rule = Rule(name: "videos", kinds: ["video-*"], timeout: .seconds(900))
        let reload: @Sendable () async throws -> Policy = {
            throw UnstickError(.invalidInput, "unstick.yaml:3: rules[0].timeout: wrong\nunstick.yaml:9: other")
        }
        try await APIHarness.run(policy: Policy(rules: [rule]), reloadPolicy: reload) { api in
            let shown = try await api.get("/api/admin/policy")
            let rules = shown.json["rules"] as? [[String: Any]]
            #expect(rules?.first?["name"] as? String == "videos" && rules?.first?["timeoutMs"] as? Int == 900_000)
            let refused = try await api.ask(.post, "/api/admin/policy/reload", token: api.adminToken)
            let errors = refused.json["errors"] as? [[String: Any]]
            #expect(refused.status == 422 && errors?.count == 2)
        }
        let works: @Sendable () async throws -> Policy = { Policy(rules: [rule]) }
        try await APIHarness.run(reloadPolicy: works) { api in
            let status = try await api.ask(.post, "/api/admin/policy/reload", token: api.adminToken).status
            #expect(status == 200)
        }
        try await APIHarness.run { api in
            let status = try await api.ask(.post, "/api/admin/policy/reload", token: api.adminToken).status
            #expect(status == 409)
        }
    }

    @Test("a pause holds runs, is shown, and ends")
    func pause() async throws {
        try await APIHarness.run { api in
            let path = "/api/admin/pause"
            #expect(try await api.get(path).json["paused"] as? Bool == false)
            #expect(try await api.post(path, #"{"seconds":0}"#, token: api.adminToken).status == 400)
            for text in ["90", "1.5h", "", "0s", "999ms", "8d", "soon", "-1h"] {
                let refused = try await api.post(path, #"{"duration":"\#(text)"}"#, token: api.adminToken)
                #expect(refused.status == 400 && refused.pointer == "/duration", "\(text)")
            }
            let both = try await api.post(path, #"{"seconds":60,"duration":"1m"}"#, token: api.adminToken)
            #expect(both.status == 400)
            #expect(try await api.get(path).json["paused"] as? Bool == false)
            let long = try await api.post(path, #"{"duration":"1h30m"}"#, token: api.operatorToken)
            let until = try #require((long.json["until"] as? String).flatMap { Timestamp($0) })
            let now = try await api.store.now()
            #expect(long.status == 200 && .seconds(5300)...Duration.seconds(5400) ~= until - now)
            let paused = try await api.post(path, #"{"seconds":60}"#, token: api.adminToken)
            #expect(paused.status == 200 && paused.json["by"] as? String == "grace")
            let ready = try await api.ask(.get, "/readyz", token: "")
            #expect((ready.json["cleaning"] as? [String: Any])?["paused"] as? Bool == true)
            #expect(try await api.cleanUp().status == 409)
            let cron = try await api.ask(.get, "/api/cron/cleanup-jobs", token: "")
            #expect(cron.status == 200 && cron.json["status"] as? String == "paused")
            #expect(try await api.cleanUp(#"{"force":true}"#).status == 200)
            #expect(try await api.ask(.delete, path, token: api.adminToken).status == 200)
            #expect(try await api.cleanUp().status == 200)
        }
    }
}
