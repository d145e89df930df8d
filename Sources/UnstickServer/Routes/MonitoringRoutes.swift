import HTTPTypes
import Hummingbird
import Unstick

/// Whether the server can serve, and the state of its cleanup.
private struct Readiness: Encodable {
    var status: String
    var cleaning: PauseAnswer
    /// Only where they are requested.
    var alerts: [Alert]?
    var webhooks: Webhooks?

    /// A firing alert, by name; its text needs a credential.
    struct Alert: Encodable {
        var alert: AlertName
        var firingSince: Timestamp?
    }

    struct Webhooks: Encodable {
        var failing, waiting, dead: Int
    }
}

/// Whether runs succeed.
private struct CleanupAnswer: Encodable {
    var status: CleanupHealth.Status
    var lastSuccessAt: Timestamp?
    var intervalMs: Int
}

extension UnstickAPI {
    var healthRoutes: [Route] {
        [
            Route(method: .get, path: "/healthz", access: .open, isCounted: false) { _ in
                try Answer.json(["status": "ok"])
            },
            Route(method: .get, path: "/readyz", access: .open, handle: self.readiness),
            Route(method: .get, path: "/healthz/cleanup", access: .open) { _ in try await self.cleanupHealth() },
            Route(method: .get, path: "/openapi.json", access: .open) { _ in
                Answer.raw(Self.document, status: .ok, type: "application/json; charset=utf-8")
            },
        ]
    }

    /// All answers share the bytes.
    private static let document = ByteBuffer(bytes: PackageResources.openapi_json)

    private func readiness(_ call: Call) async throws -> Response {
        try await self.store.checkReady()
        let pause = try await self.store.currentPause()
        var readiness = Readiness(status: "ready", cleaning: PauseAnswer(pause))
        if call.request.uri.queryParameters["verbose"] != nil {
            let webhooks = try await self.store.webhooks()
            readiness.alerts = try await self.store.alerts().filter(\.isFiring).map {
                Readiness.Alert(alert: $0.name, firingSince: $0.firingSince)
            }
            readiness.webhooks = Readiness.Webhooks(
                failing: webhooks.count { $0.failingSince != nil },
                waiting: webhooks.reduce(0) { $0 + $1.waiting },
                dead: webhooks.reduce(0) { $0 + $1.dead }
            )
        }
        return try Answer.json(readiness)
    }

    /// 503 when no run has succeeded for three intervals, or the last one began in the future, so that a plain uptime
    /// monitor reports it.
    private func cleanupHealth() async throws -> Response {
        let interval = self.configuration.cleanupInterval ?? CleanupHealth.standardInterval
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
            status: health.status.isFault ? .serviceUnavailable : .ok
        )
    }
}

extension UnstickAPI {
    var alertRoutes: [Route] {
        [
            Route(method: .get, path: "/api/admin/alerts", access: .right([.view])) { _ in
                try Answer.json(["alerts": try await self.store.alerts()])
            }
        ]
    }
}

extension UnstickAPI {
    var metricsRoutes: [Route] {
        [
            Route(method: .get, path: "/metrics", access: .right([.view])) { _ in
                guard let gauges = self.gauges else {
                    throw Problem.notFound("This server has no metrics registry.")
                }
                return Answer.raw(
                    ByteBuffer(string: await gauges.scrape()),
                    status: .ok,
                    type: PrometheusRegistry.contentType
                )
            }
        ]
    }
}
