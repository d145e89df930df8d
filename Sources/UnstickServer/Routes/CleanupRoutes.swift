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
            throw SeedError(error: "Failed to cleanup stuck jobs", details: error.details)
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
                throw SeedError(success: false, error: "Cleanup failed", details: result.message)
            case .done(let result):
                return try Answer.json(CronAnswer(timestamp: now, result: CronAnswer.Result(result)))
            case .busy, .alreadyTaken:
                return try Answer.json(
                    CronAnswer(timestamp: now, result: CronAnswer.Result(), status: "already_running")
                )
            }
        } catch let error as UnstickError {
            throw SeedError(success: false, error: "Cleanup failed", details: error.message)
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
        var runId: String?

        init() {}

        init(_ result: CleanupResult) {
            self.totalFound = result.totalFound
            self.cleanedUp = result.cleanedUp
            self.failed = result.failed
            self.tokensRefunded = result.tokensRefunded
            self.errorCount = result.failed
            self.more = result.more
            self.runId = result.runID
        }
    }

    var success = true
    var timestamp: Timestamp
    var result: Result
    var status: String?
}
