import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL

/// Fetches a key set over HTTP.
enum KeyDownload {
    /// How long it may take in all.
    static let timeout = Duration.seconds(5)

    /// Fetches a document.
    ///
    /// It follows no redirection: only the place that was configured is trusted with saying which keys count.
    static func fetch(_ url: String) async throws -> [UInt8] {
        try await Self.fetch(url, within: Self.timeout)
    }

    /// Fetches a document in another time.
    static func fetch(_ url: String, within timeout: Duration) async throws -> [UInt8] {
        // This happens every ten minutes, for which no client need be kept.
        try await HTTPClient.withHTTPClient(configuration: Self.configuration(timeout)) { client in
            // The client's own deadline ends with the head of the answer.
            try await withThrowingTaskGroup(of: [UInt8].self) { group in
                defer { group.cancelAll() }
                group.addTask { try await Self.exchange(url, client) }
                group.addTask {
                    try await Task.sleep(for: timeout)
                    throw KeyFailure.timedOut
                }
                return try await group.next() ?? []
            }
        }
    }

    private static func configuration(_ timeout: Duration) -> HTTPClient.Configuration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.certificateVerification = .fullVerification
        tls.minimumTLSVersion = .tlsv12
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls,
            redirectConfiguration: .disallow,
            timeout: HTTPClient.Configuration.Timeout(connect: TimeAmount(timeout))
        )
        configuration.httpVersion = .http1Only
        // A trace would show the URL, which may have a key in its query.
        configuration.tracing.tracer = nil
        // Otherwise it tries on and on, and what went wrong is never known.
        configuration.connectionPool.retryConnectionEstablishment = false
        return configuration
    }

    private static func exchange(_ url: String, _ client: HTTPClient) async throws -> [UInt8] {
        var request = HTTPClientRequest(url: url)
        request.headers.add(name: "User-Agent", value: "unstick")
        request.headers.add(name: "Accept", value: "application/json")
        let response = try await client.execute(request, deadline: .distantFuture)
        guard response.status.code == 200 else { throw KeyFailure.status(response.status.code) }
        var document: [UInt8] = []
        for try await part in response.body {
            document.append(contentsOf: part.readableBytesView)
            guard document.count <= KeySet.maximumLength else { throw KeyFailure.tooLong }
        }
        return document
    }
}
