import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL

/// Delivers messages to untrusted receivers.
///
/// An attempt is one request to one checked address. It follows no redirect, reads little of the answer, and ends in
/// time whatever the receiver does. The caller decides about retries.
final class WebhookClient: Sendable {
    private let `guard`: DestinationGuard
    private let userAgent: String
    private let timeout: TimeAmount
    private let failures: WebhookFailure
    private let clients: ClientCache
    private let now: @Sendable () -> Int
    private let logger: Logger

    /// Makes a client; the owner must shut it down.
    ///
    /// - Parameters:
    ///   - guard: the allowed destinations.
    ///   - version: the version of this server, for the header `user-agent`.
    ///   - timeout: the time limit of an attempt.
    ///   - connectTimeout: the time limit for connecting.
    ///   - trustRoots: the trusted certificates; those of the system by default.
    ///   - clientLimit: for how many hosts connections are kept.
    ///   - now: the time in seconds since the Unix epoch.
    ///   - logger: the log for details that only the operator may see.
    init(
        guard: DestinationGuard,
        version: String,
        timeout: Duration = .seconds(15),
        connectTimeout: Duration = .seconds(5),
        trustRoots: NIOSSLTrustRoots = .default,
        clientLimit: Int = 64,
        now: @escaping @Sendable () -> Int = { Int(Date().timeIntervalSince1970) },
        logger: Logger
    ) {
        let connectTime = TimeAmount(min(connectTimeout, timeout))
        self.guard = `guard`
        self.userAgent = "Unstick/\(version)"
        self.timeout = TimeAmount(timeout)
        self.failures = WebhookFailure(timeout: timeout, connectTimeout: connectTimeout)
        self.clients = ClientCache(limit: clientLimit) { destination in
            .webhook(to: destination, connectTimeout: connectTime, trustRoots: trustRoots)
        }
        self.now = now
        self.logger = logger
    }

    /// Makes one attempt to deliver a message, signed with each of the secrets; the newest should be first.
    func send(_ message: WebhookMessage, to url: String, secrets: [WebhookSecret]) async -> WebhookOutcome {
        let start = NIODeadline.now()
        do {
            // A receiver that checks signatures would refuse it, and one that does not would get used to it.
            guard !secrets.isEmpty else { throw RefusedDestination("the webhook has no secret to sign with; add one") }
            let destination = try await self.check(url, deadline: start + self.timeout)
            let answer = try await self.clients.withClient(for: destination) { client, loop in
                let request = try self.request(message, destination, secrets)
                return try await self.execute(request, client, loop, deadline: start + self.timeout)
            }
            return WebhookOutcome(answer, took: Self.time(since: start))
        } catch {
            self.log(error, message)
            return WebhookOutcome(failure: self.failures.sentence(error), took: Self.time(since: start))
        }
    }

    /// Closes all connections; attempts in progress and later ones fail.
    func shutdown() async {
        await self.clients.shutdown()
    }

    private func check(_ url: String, deadline: NIODeadline) async throws -> Destination {
        let resolver = TimedResolver(resolver: self.guard.resolver, deadline: deadline)
        return try await DestinationGuard(policy: self.guard.policy, resolver: resolver).check(url)
    }

    private func request(
        _ message: WebhookMessage,
        _ destination: Destination,
        _ secrets: [WebhookSecret]
    ) throws -> HTTPClient.Request {
        // The checked parts, not the text, which another parser might read differently.
        let url = destination.url
        let text = "\(url.scheme.rawValue)://\(url.authority)\(url.target)"
        return try HTTPClient.Request(
            url: text,
            method: .POST,
            headers: self.headers(message, secrets),
            body: .byteBuffer(message.body)
        )
    }

    private func headers(_ message: WebhookMessage, _ secrets: [WebhookSecret]) -> HTTPHeaders {
        let timestamp = self.now()
        let signature = WebhookSignature.header(
            id: message.id,
            timestamp: timestamp,
            body: message.body,
            secrets: secrets
        )
        var headers: HTTPHeaders = [
            "content-type": "application/json",
            "user-agent": self.userAgent,
            "webhook-id": message.id,
            "webhook-timestamp": String(timestamp),
            "webhook-signature": signature,
        ]
        if let traceparent = message.traceparent { headers.add(name: "traceparent", value: traceparent) }
        return headers
    }

    private func execute(
        _ request: HTTPClient.Request,
        _ client: HTTPClient,
        _ loop: any EventLoop,
        deadline: NIODeadline
    ) async throws -> WebhookAnswer {
        let reader = AnswerReader(now: self.now)
        let task = client.execute(
            request: request,
            delegate: reader,
            eventLoop: .delegate(on: loop),
            deadline: deadline
        )
        do {
            try await withTaskCancellationHandler {
                try await task.get()
            } onCancel: {
                task.cancel()
            }
        } catch {
            // The head says whether the receiver accepted the message.
            guard let answer = reader.answer else { throw error }
            return answer
        }
        guard let answer = reader.answer else { throw HTTPClientError.remoteConnectionClosed }
        return answer
    }

    private func log(_ error: any Error, _ message: WebhookMessage) {
        var metadata: Logger.Metadata = ["webhook.id": "\(message.id)", "error": "\(error)"]
        if let address = (error as? RefusedDestination)?.address { metadata["address"] = "\(address)" }
        self.logger.debug("an attempt to deliver to a webhook got no answer", metadata: metadata)
    }

    private static func time(since start: NIODeadline) -> Duration {
        .nanoseconds((NIODeadline.now() - start).nanoseconds)
    }
}
