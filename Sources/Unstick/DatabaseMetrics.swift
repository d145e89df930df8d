import Metrics
import Tracing

/// The metrics and the tracing of database work.
package enum DatabaseMetrics {
    /// Measures one operation, and counts it if it fails.
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
            let ofDatabase: [UnstickError.Code] = [
                .databaseUnavailable, .lockTimeout, .databaseRejected, .databaseUnusable, .schemaMismatch,
            ]
            let isOfDatabase = ofDatabase.contains(error.code)
            if isOfDatabase {
                Counter(label: "unstick_database_errors_total", dimensions: [("reason", error.code.rawValue)])
                    .increment()
            }
            throw error
        }
    }
}
