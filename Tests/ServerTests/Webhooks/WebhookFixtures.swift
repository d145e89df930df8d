import HTTPTestSupport
import Logging
import NIOCore
import NIOSSL
import Testing
import Unstick

@testable import UnstickHTTP
@testable import UnstickServer

/// Shared data of the tests of webhooks.
enum WebhookFixtures {
    /// The time limit of an attempt in tests of time-outs.
    static let shortTimeout = Duration.milliseconds(300)

    /// The secret of the example in the Standard Webhooks specification.
    static func secret() throws -> WebhookSecret {
        try #require(WebhookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
    }

    /// A message.
    static func message(id: String = "msg_1", body: String = #"{"job":"j1"}"#) -> WebhookMessage {
        WebhookMessage(id: id, body: ByteBuffer(string: body))
    }

    /// Makes webhooks that may call the loopback interface, during a test.
    static func withWebhooks<Result>(
        _ store: any Store,
        timeout: Duration = .seconds(10),
        _ test: (Webhooks) async throws -> Result
    ) async throws -> Result {
        let policy = DestinationPolicy(allowsHTTP: true, allowedNetworks: [try network("127.0.0.0/8")])
        let webhooks = Webhooks(
            store: store,
            destinations: DestinationGuard(policy: policy, resolver: FakeResolver([:])),
            timeout: timeout,
            logger: Logger(label: "webhooks") { _ in SwiftLogNoOpLogHandler() }
        )
        do {
            let result = try await test(webhooks)
            await webhooks.shutdown()
            return result
        } catch {
            await webhooks.shutdown()
            throw error
        }
    }

    /// Runs a client that may call the loopback interface, during a test.
    static func withClient<Result>(
        timeout: Duration = .seconds(30),
        resolver: any AddressResolver = FakeResolver([:]),
        trustRoots: NIOSSLTrustRoots = .default,
        clientLimit: Int = 64,
        now: Int = 1_614_265_330,
        _ test: (WebhookClient) async throws -> Result
    ) async throws -> Result {
        let policy = DestinationPolicy(allowsHTTP: true, allowedNetworks: [try network("127.0.0.0/8")])
        let client = WebhookClient(
            guard: DestinationGuard(policy: policy, resolver: resolver),
            version: "1.2.3",
            timeout: timeout,
            trustRoots: trustRoots,
            clientLimit: clientLimit,
            now: { now },
            logger: Logger(label: "webhooks") { _ in SwiftLogNoOpLogHandler() }
        )
        do {
            let result = try await test(client)
            await client.shutdown()
            return result
        } catch {
            await client.shutdown()
            throw error
        }
    }
}

extension WebhookClient {
    /// Makes an attempt to deliver a message, signed with the usual secret.
    func send(
        to url: String,
        message: WebhookMessage = WebhookFixtures.message()
    ) async throws -> WebhookOutcome {
        await self.send(message, to: url, secrets: [try WebhookFixtures.secret()])
    }

    /// Makes an attempt that is expected to succeed.
    func expectSuccess(to url: String, at place: SourceLocation = #_sourceLocation) async throws {
        let outcome = try await self.send(to: url)
        #expect(outcome.isSuccess, "\(outcome)", sourceLocation: place)
    }
}
