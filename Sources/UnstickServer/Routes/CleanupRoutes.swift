import Foundation
import HTTPTypes
import Hummingbird
import Unstick

extension UnstickAPI {
    var cleanupRoutes: [Route] {
        [
            Route(
                method: .post,
                path: "/api/admin/jobs/cleanup",
                access: .right([.operate]),
                seedErrors: true,
                handle: self.cleanUp
            ),
            Route(
                method: .get,
                path: "/api/cron/cleanup-jobs",
                access: .cron,
                seedErrors: true,
                handle: self.cleanUpByCron
            ),
            Route(method: .get, path: "/api/admin/jobs/stuck", access: .right([.view]), handle: self.stuckJobs),
        ]
    }

    private func cleanUp(_ call: Call) async throws -> Response {
        let options = try await CleanupRequest(of: call).options(over: self.configuration.options)
        let result: CleanupResult
        do {
            result = try await self.administration(by: call).cleanUp(options)
        } catch let error as UnstickError {
            throw LegacyError(error: "Failed to cleanup stuck jobs", details: error.details)
        }
        if let held = result.held, !result.dryRun {
            throw Problem(status: .conflict, code: "held", detail: held, runID: result.runID)
        }
        return try Answer.json(CleanupAnswer(success: true, result: result, message: result.message))
    }

    private func cleanUpByCron(_ call: Call) async throws -> Response {
        do {
            let now = try await self.store.now()
            switch try await self.scheduled.run(self.configuration.options, trigger: .cron) {
            case .done(let result) where result.isPaused:
                return try Answer.json(CronAnswer(timestamp: now, result: CronAnswer.Result(result), status: "paused"))
            case .done(let result) where result.held != nil:
                throw LegacyError(success: false, error: "Cleanup failed", details: result.message)
            case .done(let result):
                return try Answer.json(CronAnswer(timestamp: now, result: CronAnswer.Result(result)))
            case .busy, .alreadyTaken:
                return try Answer.json(
                    CronAnswer(timestamp: now, result: CronAnswer.Result(), status: "already_running")
                )
            }
        } catch let error as UnstickError {
            throw LegacyError(success: false, error: "Cleanup failed", details: error.message)
        }
    }

    private func stuckJobs(_ call: Call) async throws -> Response {
        let query = try call.query(allowing: ["timeoutMs", "limit"])
        let timeout = try query.integer("timeoutMs", in: Limits.runTimeoutMilliseconds)
            .map { Duration.milliseconds($0) }
        return try Answer.json(
            await self.cleaner.stuckReport(
                timeout: timeout ?? self.configuration.options.timeout,
                limit: query.limit(default: 100)
            )
        )
    }
}

private struct CleanupAnswer: Encodable {
    var success: Bool
    var result: CleanupResult
    var message: String
}

private struct CronAnswer: Encodable {
    struct Result: Encodable {
        var totalFound = 0
        var cleanedUp = 0
        var failed = 0
        var tokensRefunded = 0
        var errorCount = 0
        var more = false
        var heldCount: Int?
        var waitingCount: Int?
        var runId: String?

        init() {}

        init(_ result: CleanupResult) {
            self.totalFound = result.totalFound
            self.cleanedUp = result.cleanedUp
            self.failed = result.failed
            self.tokensRefunded = result.tokensRefunded
            self.errorCount = result.failed
            self.more = result.more
            self.heldCount = result.heldCount > 0 ? result.heldCount : nil
            self.waitingCount = result.waiting > 0 ? result.waiting : nil
            self.runId = result.runID
        }
    }

    var success = true
    var timestamp: Timestamp
    var result: Result
    var status: String?
}

/// The body of a cleanup call.
///
/// It is read strictly: a mangled `{"dryRun": true` must never become a real run.
struct CleanupRequest {
    private let timeoutMs: Int?
    private let dryRun: Bool?
    private let batchSize: Int?
    private let force: Bool?
    private let kinds: [String]

    /// Reads the body; no body means the defaults.
    init(of call: Call) async throws {
        let body = try await JSONBody(of: call, allowing: ["timeoutMs", "dryRun", "batchSize", "force", "kinds"])
        self.timeoutMs = try body.integer("timeoutMs", in: Limits.runTimeoutMilliseconds)
        self.batchSize = try body.integer("batchSize", in: Limits.batchSize)
        self.dryRun = try body.flag("dryRun")
        self.force = try body.flag("force")
        // An empty list must not mean all kinds.
        self.kinds = body.has("kinds") ? try body.texts(required: "kinds", most: Limits.claimedKinds) : []
        for (index, kind) in self.kinds.enumerated() {
            do { try Limits.checkID(kind, "kind") } catch let error as UnstickError {
                throw Problem.badRequest(error.message, pointer: "/kinds/\(index)")
            }
        }
    }

    func options(over standard: CleanupOptions) -> CleanupOptions {
        CleanupOptions(
            timeout: self.timeoutMs.map { .milliseconds($0) } ?? standard.timeout,
            dryRun: self.dryRun ?? false,
            batchSize: self.batchSize ?? standard.batchSize,
            force: self.force ?? false,
            kinds: self.kinds
        )
    }
}

extension UnstickAPI {
    var runRoutes: [Route] {
        [
            Route(method: .get, path: "/api/admin/cleanup/runs", access: .right([.view]), handle: self.runs),
            Route(method: .get, path: "/api/admin/cleanup/runs/{id}", access: .right([.view]), handle: self.run),
        ]
    }

    private func runs(_ call: Call) async throws -> Response {
        let query = try call.query(allowing: ["limit", "cursor"])
        return try Answer.json(await self.store.page(cursor: query.text("cursor"), limit: query.limit()))
    }

    private func run(_ call: Call) async throws -> Response {
        let query = try call.query(allowing: ["limit", "cursor"])
        let id = try call.path("id")
        let after = try query.integer("cursor", in: 0...Int.max) ?? 0
        guard let detail = try await self.store.detail(of: id, after: after, limit: query.limit()) else {
            throw Problem.notFound("There is no run '\(id.cut(toBytes: Limits.idBytes))'.")
        }
        return try Answer.json(detail)
    }
}
