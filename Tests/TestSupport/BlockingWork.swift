import Foundation

/// Runs work that blocks on a thread of its own, so that it takes none of the few threads that all tests share.
package func offSharedThreads<Value: Sendable>(_ work: @Sendable @escaping () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { caller in
        Thread.detachNewThread { caller.resume(with: Result { try work() }) }
    }
}
