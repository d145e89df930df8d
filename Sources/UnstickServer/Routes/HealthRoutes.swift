import HTTPTypes
import Hummingbird
import Unstick

/// That the server can serve, and whether it cleans.
private struct Readiness: Encodable {
    var status: String
    var cleaning: PauseAnswer
}

extension UnstickAPI {
    var healthRoutes: [Route] {
        [
            Route(method: .get, path: "/healthz", access: .open) { _ in try Answer.json(["status": "ok"]) },
            Route(method: .get, path: "/readyz", access: .open) { _ in
                try await self.store.checkReady()
                let pause = try await self.store.currentPause()
                return try Answer.json(Readiness(status: "ready", cleaning: PauseAnswer(pause)))
            },
            Route(method: .get, path: "/openapi.json", access: .open) { _ in
                Answer.raw(
                    ByteBuffer(bytes: PackageResources.openapi_json),
                    status: .ok,
                    type: "application/json; charset=utf-8"
                )
            },
        ]
    }
}
