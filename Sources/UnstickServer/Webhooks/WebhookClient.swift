import Foundation
import Logging
import NIOHTTP1
import NIOSSL
import UnstickHTTP

/// Delivers messages to untrusted receivers.
///
/// An attempt is one request of a ``PinnedClient``. The caller decides about retries.
final class WebhookClient: Sendable {
    private let userAgent: String
    private let failures: WebhookFailure
    private let client: PinnedClient
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
        self.userAgent = "Unstick/\(version)"
        self.failures = WebhookFailure(timeout: timeout, connectTimeout: connectTimeout)
        self.client = PinnedClient(
            guard: `guard`,
            timeout: timeout,
            connectTimeout: connectTimeout,
            trustRoots: trustRoots,
            clientLimit: clientLimit
        )
        self.now = now
        self.logger = logger
    }

    /// Makes one attempt to deliver a message, signed with each of the secrets; the newest should be first.
    func send(_ message: WebhookMessage, to url: String, secrets: [WebhookSecret]) async -> WebhookOutcome {
        let start = ContinuousClock.now
        do {
            // A receiver that checks signatures would refuse it, and one that does not would get used to it.
            guard !secrets.isEmpty else { throw RefusedDestination("the webhook has no secret to sign with; add one") }
            let head = try await self.client.post(message.body, to: url) { self.headers(message, secrets) }
            return WebhookOutcome(WebhookAnswer(head, now: self.now()), took: .now - start)
        } catch {
            self.log(error, message)
            return WebhookOutcome(failure: self.failures.sentence(error), took: .now - start)
        }
    }

    /// Closes all connections; attempts in progress and later ones fail.
    func shutdown() async {
        await self.client.shutdown()
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

    private func log(_ error: any Error, _ message: WebhookMessage) {
        var metadata: Logger.Metadata = ["webhook.id": "\(message.id)", "error": "\(error)"]
        if let address = (error as? RefusedDestination)?.address { metadata["address"] = "\(address)" }
        self.logger.debug("an attempt to deliver to a webhook got no answer", metadata: metadata)
    }
}
