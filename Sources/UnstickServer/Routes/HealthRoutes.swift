import HTTPTypes
import Hummingbird
import Unstick

/// That the server can serve, and whether it cleans.
private struct Readiness: Encodable {
    var status: String
    var cleaning: PauseAnswer
}

/// Whether passes go through.
private struct CleanupAnswer: Encodable {
    var status: CleanupHealth.Status
    var lastSuccessAt: Timestamp?
    var intervalMs: Int
}

extension UnstickAPI {
    /// How often passes are expected where something else than a schedule of ours calls for them.
    private static let standardInterval = Duration.seconds(900)

    var healthRoutes: [Route] {
        [
            Route(method: .get, path: "/healthz", access: .open) { _ in try Answer.json(["status": "ok"]) },
            Route(method: .get, path: "/readyz", access: .open) { _ in
                try await self.store.checkReady()
                let pause = try await self.store.currentPause()
                return try Answer.json(Readiness(status: "ready", cleaning: PauseAnswer(pause)))
            },
            Route(method: .get, path: "/healthz/cleanup", access: .open) { _ in try await self.cleanupHealth() },
            Route(method: .get, path: "/openapi.json", access: .open) { _ in
                Answer.raw(
                    ByteBuffer(bytes: PackageResources.openapi_json),
                    status: .ok,
                    type: "application/json; charset=utf-8"
                )
            },
        ]
    }

    /// 503 when no pass has gone through for three intervals, so that a plain uptime monitor tells of it.
    private func cleanupHealth() async throws -> Response {
        let interval = self.configuration.cleanupInterval ?? Self.standardInterval
        let now = try await self.store.now()
        let health = CleanupHealth(
            lastSuccess: try await self.store.lastSuccess(),
            watchedSince: now - (ContinuousClock.now - self.startedAt),
            interval: interval,
            isPaused: try await self.store.currentPause() != nil,
            now: now
        )
        return try Answer.json(
            CleanupAnswer(
                status: health.status,
                lastSuccessAt: health.lastSuccessAt,
                intervalMs: interval.inMilliseconds
            ),
            status: health.status == .overdue ? .serviceUnavailable : .ok
        )
    }
}
