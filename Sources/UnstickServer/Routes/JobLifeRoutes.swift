import Foundation
import HTTPTypes
import Hummingbird
package import Unstick

/// The calls of an app and its workers.
extension UnstickAPI {
    /// The longest that a claim waits for a job, in seconds.
    private static let longestWait = 30

    var jobLifeRoutes: [Route] {
        [
            Route(method: .post, path: "/api/jobs", access: .right([.order]), handle: self.createJob),
            Route(
                method: .post,
                path: "/api/jobs/claim",
                access: .right([.work]),
                isCounted: false,
                handle: self.claimJobs
            ),
            Route(method: .post, path: "/api/jobs/heartbeats", access: .right([.work]), handle: self.heartbeats),
            Route(method: .post, path: "/api/jobs/completions", access: .right([.work]), handle: self.completions),
            Route(method: .get, path: "/api/jobs/{id}", access: .right([.work, .order, .view]), handle: self.job),
            Route(method: .post, path: "/api/jobs/{id}/start", access: .right([.work]), handle: self.startJob),
            Route(method: .post, path: "/api/jobs/{id}/heartbeat", access: .right([.work]), handle: self.heartbeat),
            Route(method: .post, path: "/api/jobs/{id}/complete", access: .right([.work]), handle: self.completeJob),
            Route(method: .post, path: "/api/jobs/{id}/fail", access: .right([.work]), handle: self.failJob),
            Route(
                method: .post,
                path: "/api/jobs/{id}/cancel",
                access: .right([.order, .operate]),
                handle: self.cancelJob
            ),
            Route(
                method: .post,
                path: "/api/admin/jobs/{id}/retry",
                access: .right([.operate]),
                handle: self.retryJob
            ),
        ]
    }

    /// Creates a job: 201 for a new one, 200 for one that exists, as it is.
    private func createJob(_ call: Call) async throws -> Response {
        let body = try await JSONBody(
            of: call,
            allowing: ["id", "userId", "kind", "tier", "tokensCost", "chargeKind", "payload"]
        )
        let id = try body.name("id") { id, _ in try Limits.checkNewJobID(id) }
        let now = try await self.store.now()
        let new = NewJob(
            id: id ?? RandomID.timeOrdered(at: now),
            userID: try body.name(required: "userId", Limits.checkNewID),
            kind: try body.name(required: "kind"),
            tier: try body.name("tier"),
            tokensCost: try body.integer(required: "tokensCost", in: 0...Limits.tokens),
            chargeKind: try body.word("chargeKind", as: ChargeKind.self) ?? .charge,
            payload: try body.source("payload"),
            idempotencyKey: try self.idempotencyKey(of: call)
        )
        let creation: JobCreation
        do {
            creation = try await self.jobs.create(new)
            if let id, !creation.job.id.isExactly(id) {
                throw UnstickError(.conflict, "The key belongs to job '\(creation.job.id)'.")
            }
        } catch let error as UnstickError where error.code == .conflict {
            throw Problem(status: .unprocessableContent, code: "idempotency_conflict", detail: error.message)
        }
        if creation.isNew { self.waiting.wake() }
        var answer = try Answer.json(creation.job, status: creation.isNew ? .created : .ok)
        answer.headers[.location] = "/api/jobs/" + creation.job.id.asPathComponent
        return answer
    }

    private func idempotencyKey(of call: Call) throws -> String? {
        guard let name = HTTPField.Name("Idempotency-Key"), let key = call.request.headers[name] else { return nil }
        do {
            try Limits.checkID(key, "Idempotency-Key")
            // Bytes that are no UTF-8 become this character, and two such keys could be the same.
            guard !key.unicodeScalars.contains("\u{fffd}") else {
                throw UnstickError(.invalidArgument, "The Idempotency-Key must be UTF-8.")
            }
        } catch let error as UnstickError {
            throw Problem.badRequest(error.message, parameter: "Idempotency-Key")
        }
        return key
    }

    private func claimJobs(_ call: Call) async throws -> Response {
        let body = try await JSONBody(of: call, allowing: ["kinds", "worker", "limit", "waitSeconds"])
        let kinds = try body.names(required: "kinds", most: Limits.claimedKinds)
        let worker = try body.name("worker")
        let limit = try body.integer("limit", in: 1...Limits.claimedJobs) ?? 1
        let wait = try body.integer("waitSeconds", in: 0...Self.longestWait) ?? 0
        let jobs = try await self.waiting.claim(for: .seconds(wait), by: call.client.group) {
            try await self.jobs.claim(kinds: kinds, worker: worker, limit: limit)
        }
        return try Answer.json(["jobs": jobs])
    }

    private func startJob(_ call: Call) async throws -> Response {
        let body = try await JSONBody(of: call, allowing: ["worker"])
        return try await self.answer(call, attempt: nil) { id in
            try await self.jobs.start(id, worker: body.name("worker"))
        }
    }

    private func completeJob(_ call: Call) async throws -> Response {
        let completion = try Self.completion(
            await JSONBody(of: call, allowing: ["attempt", "tokensUsed"]),
            id: call.path("id")
        )
        return try await self.answer(call, attempt: completion.attempt) { id in
            try await self.jobs.complete(id, attempt: completion.attempt, tokensUsed: completion.tokensUsed)
        }
    }

    private func failJob(_ call: Call) async throws -> Response {
        let body = try await JSONBody(of: call, allowing: ["attempt", "message", "retryable"])
        let attempt = try body.integer(required: "attempt", in: 1...Limits.tokens)
        return try await self.answer(call, attempt: attempt) { id in
            defer { self.waiting.wake() }
            return try await self.jobs.fail(
                id,
                attempt: attempt,
                message: body.note(required: "message"),
                isRetryable: body.flag("retryable") ?? true
            )
        }
    }

    private func cancelJob(_ call: Call) async throws -> Response {
        let body = try await JSONBody(of: call, allowing: ["userId", "message"])
        return try await self.answer(call, attempt: nil) { id in
            let (user, message) = (try body.name("userId"), try body.note("message"))
            guard call.principal?.role.has(.operate) == true else {
                return try await self.jobs.cancel(id, userID: user, message: message)
            }
            return try await self.administration(by: call).cancel(id, userID: user, message: message)
        }
    }

    /// Retries, fails or cancels a job, and wakes claims that wait for one.
    package func change(
        _ id: String,
        _ kind: BulkAction.Kind,
        reason: String?,
        by administration: Administration
    ) async throws -> JobTransition {
        defer { if kind == .retry { self.waiting.wake() } }
        return try await administration.change(id, kind, reason: reason)
    }

    private func retryJob(_ call: Call) async throws -> Response {
        _ = try await JSONBody(of: call, allowing: [])
        return try await self.answer(call, attempt: nil) { id in
            try await self.change(id, .retry, reason: nil, by: self.administration(by: call))
        }
    }

    /// - Parameter attempt: the attempt that the caller holds, for the reason of a refusal.
    private func answer(
        _ call: Call,
        attempt: Int?,
        _ change: (String) async throws -> JobTransition
    ) async throws -> Response {
        let id = try call.path("id")
        switch try await change(id) {
        case .moved(let job): return try Answer.json(job)
        case .refused(let job): throw Problem.refused(job, attempt)
        case .missing: throw Problem.notFound("There is no job '\(id.cut(toBytes: Limits.idBytes))'.")
        }
    }

    private func heartbeat(_ call: Call) async throws -> Response {
        let id = try call.path("id")
        let body = try await JSONBody(of: call, allowing: ["attempt", "progress", "message"])
        let beat = try Self.beat(body, id: id)
        switch try await self.jobs.heartbeat(beat) {
        case .alive: return try Answer.json(["alive": true])
        case .failed(let error): throw error
        case .refused(let job): throw Problem.refused(job, beat.attempt)
        case .missing: throw Problem.notFound("There is no job '\(id.cut(toBytes: Limits.idBytes))'.")
        }
    }

    private static func beat(_ body: JSONBody, id: String) throws -> Heartbeat {
        Heartbeat(
            jobID: id,
            attempt: try body.integer(required: "attempt", in: 1...Limits.tokens),
            progress: try body.number("progress", in: 0...1),
            message: try body.note("message", most: Heartbeat.messageBytes)
        )
    }

    private static func completion(_ body: JSONBody, id: String) throws -> Completion {
        Completion(
            jobID: id,
            attempt: try body.integer(required: "attempt", in: 1...Limits.tokens),
            tokensUsed: try body.integer("tokensUsed", in: 0...Limits.tokens)
        )
    }

    private func heartbeats(_ call: Call) async throws -> Response {
        let body = try await JSONBody(of: call, allowing: ["beats"])
        let names: Set = ["id", "attempt", "progress", "message"]
        let beats = try body.entries(required: "beats", most: Limits.batchedCalls, allowing: names) {
            try Self.beat($0, id: $0.name(required: "id"))
        }
        return try await Self.answer(beats) { beats in
            zip(beats, try await self.jobs.heartbeat(beats)).map { beat, answer in
                switch answer {
                case .alive: BatchResult(id: beat.jobID, ok: true)
                case .refused(let job): BatchResult(refused: job, beat.attempt)
                case .missing: BatchResult(id: beat.jobID, ok: false, reason: "not_found")
                case .failed(let error): BatchResult(failed: beat.jobID, error)
                }
            }
        }
    }

    private func completions(_ call: Call) async throws -> Response {
        let body = try await JSONBody(of: call, allowing: ["completions"])
        let names: Set = ["id", "attempt", "tokensUsed"]
        let completions = try body.entries(required: "completions", most: Limits.batchedCalls, allowing: names) {
            try Self.completion($0, id: $0.name(required: "id"))
        }
        return try await Self.answer(completions) { completions in
            zip(completions, try await self.jobs.complete(completions)).map { completion, outcome in
                switch outcome {
                case .answered(.moved(let job)): BatchResult(id: job.id, ok: true)
                case .answered(.refused(let job)): BatchResult(refused: job, completion.attempt)
                case .answered(.missing): BatchResult(id: completion.jobID, ok: false, reason: "not_found")
                case .failed(let error): BatchResult(failed: completion.jobID, error)
                }
            }
        }
    }

    /// Answers each entry of a batch by itself: unreadable ones, and the outcomes of the others.
    private static func answer<Entry>(
        _ entries: [Result<Entry, UnreadEntry>],
        _ work: ([Entry]) async throws -> [BatchResult]
    ) async throws -> Response {
        let read = entries.compactMap { try? $0.get() }
        var results = read.isEmpty ? [] : try await work(read)[...]
        return try Answer.json([
            "results": entries.map { entry in
                switch entry {
                case .success: results.removeFirst()
                case .failure(let entry): BatchResult(unread: entry)
                }
            }
        ])
    }
}

/// The outcome of one entry of a batch.
private struct BatchResult: Encodable {
    /// The job; `nil` where the entry has no readable id.
    var id: String?
    var ok: Bool
    var reason: String?
    var status: JobStatus?
    var detail: String?
    /// The errors and their places.
    var errors: [Problem.Detail]?

    init(id: String?, ok: Bool, reason: String? = nil) {
        self.id = id
        self.ok = ok
        self.reason = reason
    }

    init(refused job: Job, _ attempt: Int) {
        self.init(id: job.id, ok: false, reason: job.refusal(of: attempt).rawValue)
        self.status = job.status
    }

    init(failed id: String, _ error: UnstickError) {
        self.init(id: id, ok: false, reason: error.code.rawValue)
        self.detail = error.message
    }

    init(unread entry: UnreadEntry) {
        self.init(id: entry.id, ok: false, reason: entry.problem.code)
        self.detail = entry.problem.detail
        self.errors = entry.problem.errors
    }
}

extension String {
    /// The text as one component of a path.
    fileprivate var asPathComponent: String {
        self.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(CharacterSet(charactersIn: "-._~")))
            ?? self
    }
}
