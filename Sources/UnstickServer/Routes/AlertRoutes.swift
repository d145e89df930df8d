import HTTPTypes
import Hummingbird
import Unstick

extension UnstickAPI {
    var alertRoutes: [Route] {
        [
            Route(method: .get, path: "/api/admin/alerts", access: .right([.view])) { _ in
                try Answer.json(["alerts": try await self.store.alerts()])
            }
        ]
    }
}
