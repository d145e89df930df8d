package import Unstick

/// A connection to a database server, as a driver makes it.
///
/// It blocks its thread, and one caller at a time uses it.
package protocol PooledConnection: AnyObject, Sendable {
    associatedtype Failure: ConnectionError

    /// Whether nothing has gone wrong that ends it.
    var isUsable: Bool { get }

    /// Whether it can still be used after it was idle: the server may have closed it since.
    var isAlive: Bool { get }

    /// Stops the statement under way. Any thread may call it; it blocks until the server has the order.
    func cancel()
}

/// An error of a connection, as its driver classifies it.
package protocol ConnectionError: Error {
    /// Why the connection was lost while it was used; `nil` for any other error.
    var lossReason: String? { get }

    /// Whether no connection could be made now, and one may be possible later.
    var mayConnectLater: Bool { get }

    /// Whether the same transaction may succeed when it is run again at once.
    var isPassing: Bool { get }

    /// Whether the transaction is run again once: for example, another caller was first with a key, and the next snapshot
    /// sees what that caller did.
    var isWorthOneRepeat: Bool { get }

    /// Whether the statement was cancelled.
    var isCancellation: Bool { get }

    /// The same error for the callers of a store.
    var unstickError: UnstickError { get }
}
