import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Synchronization

/// Keeps the head of an answer and drops the body.
///
/// A short body is read to its end, so that the connection can be used for the next request. The rest of a long one is
/// not worth its cost: the connection is dropped.
final class AnswerReader: HTTPClientResponseDelegate {
    /// How much of a body is read.
    static let bodyLimit = 64 * 1024

    private struct BodyTooLong: Error {}

    private struct State {
        var head: HTTPResponseHead?
        var bodySize = 0
    }

    private let state = Mutex(State())

    /// The head; `nil` until all of it has arrived.
    var head: HTTPResponseHead? { self.state.withLock { $0.head } }

    /// Takes the head.
    func didReceiveHead(task: HTTPClient.Task<Void>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        self.state.withLock { $0.head = head }
        return task.eventLoop.makeSucceededVoidFuture()
    }

    /// Counts a part of the body; beyond the limit it fails, which closes the connection.
    func didReceiveBodyPart(task: HTTPClient.Task<Void>, _ part: ByteBuffer) -> EventLoopFuture<Void> {
        let size = self.state.withLock { state in
            state.bodySize += part.readableBytes
            return state.bodySize
        }
        guard size <= Self.bodyLimit else { return task.eventLoop.makeFailedFuture(BodyTooLong()) }
        return task.eventLoop.makeSucceededVoidFuture()
    }

    /// Nothing to return.
    func didFinishRequest(task: HTTPClient.Task<Void>) {}
}
