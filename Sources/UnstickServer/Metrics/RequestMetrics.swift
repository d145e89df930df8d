import Hummingbird
import Metrics

/// The metrics of every request, by its route and never by its path.
enum RequestMetrics {
    static func measured(_ route: Route, _ answer: () async throws -> Response) async throws -> Response {
        let start = ContinuousClock.now
        let response = try await answer()
        let path = ("route", route.path)
        Counter(
            label: "unstick_http_requests_total",
            dimensions: [path, ("method", route.method.rawValue), ("status", String(response.status.code))]
        ).increment()
        Timer(label: "unstick_http_request_duration_seconds", dimensions: [path])
            .record(duration: ContinuousClock.now - start)
        return response
    }
}
