import HTTPTypes
import Hummingbird
import Unstick

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
