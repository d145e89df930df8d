import HTTPTypes
import Hummingbird
import Unstick

extension UnstickAPI {
    var healthRoutes: [Route] {
        [
            Route(method: .get, path: "/healthz", access: .open) { _ in try Answer.json(["status": "ok"]) },
            Route(method: .get, path: "/readyz", access: .open) { _ in
                try await self.store.checkReady()
                return try Answer.json(["status": "ready"])
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
