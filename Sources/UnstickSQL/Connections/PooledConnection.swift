package import Unstick

/// A connection to a database server, from its driver.
///
/// It blocks its thread, and one caller at a time uses it.
package protocol PooledConnection: AnyObject, Sendable {
    associatedtype Failure: ConnectionError

    /// Whether no error has ended it.
    var isUsable: Bool { get }

    /// Whether it still works after it was idle: the server may have closed it.
    var isAlive: Bool { get }

    /// Cancels the current statement. Any thread may call it; it blocks until the server has received it.
    func cancel()
}

/// An error of a connection, as its driver classifies it.
package protocol ConnectionError: Error {
    /// Why the connection was lost during use; `nil` for any other error.
    var lossReason: String? { get }

    /// Whether no connection could be opened now, but a later try may succeed.
    var mayConnectLater: Bool { get }

    /// Whether the same transaction may succeed if it runs again at once.
    var isPassing: Bool { get }

    /// Whether to repeat the transaction once: for example, another caller was first with a key, and the next snapshot
    /// sees its row.
    var isWorthOneRepeat: Bool { get }

    /// Whether the statement was cancelled.
    var isCancellation: Bool { get }

    /// The same error for the callers of a store.
    var unstickError: UnstickError { get }
}
