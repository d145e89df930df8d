import AsyncHTTPClient
import Logging
import NIOCore
import NIOHTTP1

/// Sends pings to a monitor, one at a time.
struct HeartbeatSender: Sendable {
    /// How much of an answer is read, in bytes.
    private static let answerLimit = 1024

    let url: MonitorURL
    let limits: HeartbeatLimits
    let client: HTTPClient
    let logger: Logger

    /// A client whose every trace of the URL stays inside: it follows no redirections and shows a tracer nothing.
    static func client(timeout: Duration) -> HTTPClient {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout.connect = TimeAmount(timeout)
        // Otherwise it tries on and on, and what went wrong is never known.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.tracing.tracer = nil
        return HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration)
    }

    /// Sends a ping, a second time where the first failed, and logs a warning where the second failed as well.
    ///
    /// - Returns: `false` when the task was cancelled before that was done.
    func send(_ ping: HeartbeatPing) async -> Bool {
        let request = self.url.request(for: ping)
        do {
            do {
                try await self.attempt(request)
            } catch _ where !Task.isCancelled {
                try await Task.sleep(for: self.limits.pause)
                try await self.attempt(request)
            }
        } catch {
            guard !Task.isCancelled else { return false }
            self.logger.warning(
                "A ping did not reach its monitor",
                metadata: [
                    "host": "\(self.url.host)", "event": "\(ping.event)", "reason": "\(self.reason(of: error))",
                ]
            )
        }
        return true
    }

    private func attempt(_ request: MonitorRequest) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await self.exchange(request) }
            group.addTask {
                try await Task.sleep(for: self.limits.timeout)
                throw HeartbeatFailure.timedOut
            }
            try await group.next()
        }
    }

    private func exchange(_ request: MonitorRequest) async throws {
        var message = HTTPClientRequest(url: request.url)
        message.headers.add(name: "User-Agent", value: "unstick")
        if let body = request.body {
            message.method = .POST
            message.headers.add(name: "Content-Type", value: "text/plain; charset=utf-8")
            message.body = .bytes(ByteBuffer(string: body))
        }
        // The client's own deadline ends with the head of the answer; that of `attempt` holds for the body as well.
        let response = try await self.client.execute(message, deadline: .distantFuture)
        guard 200..<300 ~= response.status.code else { throw HeartbeatFailure.status(response.status.code) }
        var answer = ByteBuffer()
        for try await part in response.body {
            answer.writeImmutableBuffer(part)
            if answer.readableBytes > Self.answerLimit { break }
        }
        try self.checkAnswer(String(buffer: answer))
    }

    /// Healthchecks says so with a status of 200 when there is no such check, or when it was called too often.
    private func checkAnswer(_ answer: String) throws(HeartbeatFailure) {
        guard self.url.service == .healthchecks else { return }
        for refusal in ["OK (not found)", "OK (rate limited)"] where answer.hasPrefix(refusal) {
            throw .notCounted(refusal)
        }
    }

    private func reason(of error: any Error) -> String {
        let reason = "\(error)"
        return self.url.isShown(in: reason) ? "\(type(of: error))" : reason
    }
}

/// Tells why a monitor did not take a ping; it never has a part of the URL in it.
enum HeartbeatFailure: Error, CustomStringConvertible {
    /// It did not answer in time.
    case timedOut
    /// It answered with a status other than success; redirections are not followed, they would give the URL away.
    case status(UInt)
    /// It answered with success, but says that it did not count the ping.
    case notCounted(String)

    /// What went wrong.
    var description: String {
        switch self {
        case .timedOut: "no answer in time"
        case .status(let code): "answered \(code)"
        case .notCounted(let answer): "answered \(answer)"
        }
    }
}
