import AsyncHTTPClient
import Logging
import NIOCore
import NIOHTTP1

/// Sends pings to a monitor, one at a time.
struct HeartbeatSender: Sendable {
    /// How many bytes of an answer are read.
    private static let answerLimit = 1024

    let url: MonitorURL
    let limits: HeartbeatLimits
    let client: HTTPClient
    let logger: Logger

    /// A client that keeps the URL secret: it follows no redirections and has no tracer.
    static func client(timeout: Duration) -> HTTPClient {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout.connect = TimeAmount(timeout)
        // Otherwise the client retries without end and never reports the error.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.tracing.tracer = nil
        return HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration)
    }

    /// Sends a ping, a second time if the first attempt failed, and logs a warning if the second failed too.
    ///
    /// - Returns: `false` when the task was cancelled before that.
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
        // The client's own deadline ends with the head of the answer; that of `attempt` includes the body.
        let response = try await self.client.execute(message, deadline: .distantFuture)
        guard 200..<300 ~= response.status.code else { throw HeartbeatFailure.status(response.status.code) }
        var answer = ByteBuffer()
        for try await part in response.body {
            answer.writeImmutableBuffer(part)
            if answer.readableBytes > Self.answerLimit { break }
        }
        try self.checkAnswer(String(buffer: answer))
    }

    /// Healthchecks answers with status 200 also when the check does not exist, or was called too often.
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

/// Why a monitor did not accept a ping; it never contains a part of the URL.
enum HeartbeatFailure: Error, CustomStringConvertible {
    /// It did not answer in time.
    case timedOut
    /// Its status was no success; redirections are not followed, because they would reveal the URL.
    case status(UInt)
    /// It answered with success, but reports that it did not count the ping.
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
