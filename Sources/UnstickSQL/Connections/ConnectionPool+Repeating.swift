import Unstick

extension ConnectionPool {
    /// The most tries of a transaction.
    private static var tries: Int { 5 }

    /// Repeats work that may be repeated: after a deadlock, and after errors that the caller declares safe.
    ///
    /// - Throws: `UnstickError` for every error of the connection, `CancellationError` while it waits.
    package static func repeating<Value>(
        when isSafe: (Connection.Failure) -> Bool = { _ in false },
        _ body: () async throws -> Value
    ) async throws -> Value {
        for attempt in 1... {
            do {
                return try await body()
            } catch let error as Connection.Failure {
                let again =
                    error.isPassing
                    ? attempt < self.tries : (error.isWorthOneRepeat || isSafe(error)) && attempt < 2
                guard again else { throw error.unstickError }
                // Of two that repeat at once, one would be refused again.
                if error.isPassing { try await Task.sleep(for: .milliseconds(Int.random(in: 1...10 << attempt))) }
            }
        }
        preconditionFailure("the loop ends by returning or throwing")
    }
}
