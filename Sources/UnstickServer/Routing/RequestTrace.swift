import HTTPTypes
import Hummingbird
import Tracing
import Unstick

/// The trace of a request: the caller's trace if it sends one, otherwise a new one.
enum RequestTrace {
    private static let header = HTTPField.Name("traceparent")

    static func traced(
        _ call: Call,
        by route: Route,
        _ answer: () async throws -> Response
    ) async throws -> Response {
        var context = ServiceContext.current ?? .topLevel
        let headers = call.request.headers
        context.traceParent = Self.header.flatMap { headers[$0] }.flatMap { TraceParent($0) }
        InstrumentationSystem.instrument.extract(headers, into: &context, using: Headers())
        return try await withSpan("\(route.method.rawValue) \(route.path)", context: context, ofKind: .server) { span in
            span.attributes["http.request.method"] = route.method.rawValue
            span.attributes["http.route"] = route.path
            if route.path.contains("/jobs/{id}") { span.attributes["unstick.job_id"] = try? call.path("id") }
            let response = try await answer()
            span.attributes["http.response.status_code"] = response.status.code
            if response.status.code >= 500 { span.setStatus(SpanStatus(code: .error)) }
            return response
        }
    }

    private struct Headers: Extractor {
        func extract(key: String, from headers: HTTPFields) -> String? {
            HTTPField.Name(key).flatMap { headers[$0] }
        }
    }
}
