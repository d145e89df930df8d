import Metrics
import Tracing

/// What work in a database tells the metrics backend and the tracer.
package enum DatabaseMetrics {
    /// Measures one piece of work, and counts it where it failed.
    package static func measured<Value>(_ operation: String, _ work: () async throws -> Value) async throws -> Value {
        try await withSpan("unstick.database \(operation)", ofKind: .client) { _ in
            try await self.counted(operation, work)
        }
    }

    private static func counted<Value>(_ operation: String, _ work: () async throws -> Value) async throws -> Value {
        let start = ContinuousClock.now
        defer {
            Timer(label: "unstick_database_request_duration_seconds", dimensions: [("operation", operation)])
                .record(duration: ContinuousClock.now - start)
        }
        do {
            return try await work()
        } catch let error as UnstickError {
            let isOfDatabase = [.databaseUnavailable, .databaseRejected, .databaseUnusable, .schemaMismatch].contains(
                error.code
            )
            if isOfDatabase {
                Counter(label: "unstick_database_errors_total", dimensions: [("reason", error.code.rawValue)])
                    .increment()
            }
            throw error
        }
    }
}
