import AsyncHTTPClient
package import NIOCore
package import NIOHTTP1
package import NIOSSL

/// Makes requests to servers that are not trusted.
///
/// A request goes to one checked address. It follows no redirect, reads little of the answer, and ends in time whatever
/// the server does. The caller decides about retries.
package final class PinnedClient: Sendable {
    private let `guard`: DestinationGuard
    private let timeout: TimeAmount
    private let clients: ClientCache

    /// Makes a client; the owner must shut it down.
    ///
    /// - Parameters:
    ///   - guard: the allowed destinations.
    ///   - timeout: the time limit of a request, with the resolution of its host.
    ///   - connectTimeout: the time limit for connecting.
    ///   - trustRoots: the trusted certificates.
    ///   - clientLimit: for how many hosts connections are kept.
    package init(
        guard: DestinationGuard,
        timeout: Duration,
        connectTimeout: Duration,
        trustRoots: NIOSSLTrustRoots,
        clientLimit: Int
    ) {
        let connectTime = TimeAmount(min(connectTimeout, timeout))
        self.guard = `guard`
        self.timeout = TimeAmount(timeout)
        self.clients = ClientCache(limit: clientLimit) { destination in
            .pinned(to: destination, connectTimeout: connectTime, trustRoots: trustRoots)
        }
    }

    /// Posts a body and returns the head of the answer.
    ///
    /// It throws ``RefusedDestination`` for a URL that must not be called, and the errors of the resolver, the connection
    /// and the server. An error after the whole head is ignored, because the head says whether the body was accepted.
    ///
    /// - Parameter headers: the headers; called when the destination is known, right before sending.
    package func post(_ body: ByteBuffer, to url: String, headers: () -> HTTPHeaders) async throws -> HTTPResponseHead {
        let deadline = NIODeadline.now() + self.timeout
        let resolver = TimedResolver(resolver: self.guard.resolver, deadline: deadline)
        let destination = try await DestinationGuard(policy: self.guard.policy, resolver: resolver).check(url)
        return try await self.clients.withClient(for: destination) { client, loop in
            let request = try HTTPClient.Request(
                url: destination.requestText,
                method: .POST,
                headers: headers(),
                body: .byteBuffer(body)
            )
            return try await Self.execute(request, client, loop, deadline: deadline)
        }
    }

    /// Closes all connections; requests in progress and later ones fail.
    package func shutdown() async {
        await self.clients.shutdown()
    }

    private static func execute(
        _ request: HTTPClient.Request,
        _ client: HTTPClient,
        _ loop: any EventLoop,
        deadline: NIODeadline
    ) async throws -> HTTPResponseHead {
        let reader = AnswerReader()
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
            guard let head = reader.head else { throw error }
            return head
        }
        guard let head = reader.head else { throw HTTPClientError.remoteConnectionClosed }
        return head
    }
}

extension Destination {
    /// The URL of a request, from the checked parts: another parser might read the source text differently.
    fileprivate var requestText: String { "\(self.scheme.rawValue)://\(self.url.authority)\(self.url.target)" }
}
