import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Synchronization

/// Keeps the head of a receiver's answer and drops the body.
///
/// A short body is read to its end, so that the connection can be used for the next delivery. The rest of a long one is
/// not worth its cost: the connection is dropped.
final class AnswerReader: HTTPClientResponseDelegate {
    /// How much of a body is read.
    static let bodyLimit = 64 * 1024

    private struct BodyTooLong: Error {}

    private struct State {
        var answer: WebhookAnswer?
        var bodySize = 0
    }

    private let now: @Sendable () -> Int
    private let state = Mutex(State())

    /// Makes a reader for one answer.
    init(now: @escaping @Sendable () -> Int) {
        self.now = now
    }

    /// The answer; `nil` until its whole head has arrived.
    var answer: WebhookAnswer? { self.state.withLock { $0.answer } }

    /// Takes the head.
    func didReceiveHead(task: HTTPClient.Task<Void>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        let answer = WebhookAnswer(head, now: self.now())
        self.state.withLock { $0.answer = answer }
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
