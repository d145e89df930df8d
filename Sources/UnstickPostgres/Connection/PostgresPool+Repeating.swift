import Unstick

extension PostgresPool {
    /// How often a transaction is run again.
    private static let tries = 5

    /// Runs what may be run again: after a deadlock, after a pooler's surprise, and after what the caller says is safe.
    ///
    /// - Throws: `UnstickError` for every error of the connection.
    static func repeating<Value>(
        when isSafe: (PostgresError) -> Bool = { _ in false },
        _ body: () async throws -> Value
    ) async throws -> Value {
        for attempt in 1... {
            do {
                return try await body()
            } catch let error as PostgresError {
                let again =
                    error.isPassing || error.isAboutPreparing
                    ? attempt < tries : (error.isAboutKey || isSafe(error)) && attempt < 2
                guard again else { throw UnstickError(error) }
            }
        }
        preconditionFailure("the loop ends by returning or throwing")
    }
}
