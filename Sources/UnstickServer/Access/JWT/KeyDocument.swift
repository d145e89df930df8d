import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL

/// Fetches a key set over HTTP.
enum KeyDownload {
    /// The time limit.
    static let timeout = Duration.seconds(5)

    /// Fetches a document.
    ///
    /// It follows no redirection, because only the configured place may decide which keys are valid.
    static func fetch(_ url: String) async throws -> [UInt8] {
        try await Self.fetch(url, within: Self.timeout)
    }

    /// Fetches a document with another time limit.
    static func fetch(_ url: String, within timeout: Duration) async throws -> [UInt8] {
        // This happens every ten minutes, so it needs no permanent client.
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
        // A trace would contain the URL, which may have a key in its query.
        configuration.tracing.tracer = nil
        // Otherwise the client retries without end and never reports the error.
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

/// A file with a key set.
struct KeyFile: Sendable {
    /// A value that changes with the file.
    struct Stamp: Equatable, Sendable {
        fileprivate let modifiedAt: Date?
        fileprivate let size: Int?
    }

    /// Its path.
    let path: String

    /// A value that changes with the file.
    func stamp() throws -> Stamp {
        do {
            let attributes = try FileManager.default.attributesOfItem(atPath: self.target)
            return Stamp(modifiedAt: attributes[.modificationDate] as? Date, size: attributes[.size] as? Int)
        } catch {
            throw KeyFailure.unreadable
        }
    }

    /// Its bytes, at most one more than a key set may have.
    func read() throws -> [UInt8] {
        guard let file = FileHandle(forReadingAtPath: self.target),
            let data = try? file.read(upToCount: KeySet.maximumLength + 1)
        else { throw KeyFailure.unreadable }
        return Array(data)
    }

    /// The target of a link: containers mount secrets as links, which stay the same when their target changes.
    private var target: String { URL(filePath: self.path).resolvingSymlinksInPath().path }
}

/// Why keys could not be read; the text is for the operator.
enum KeyFailure: Error, Equatable, CustomStringConvertible {
    /// There was no answer in time.
    case timedOut
    /// The status was no success; redirections are not followed.
    case status(UInt)
    /// The file does not exist, or it cannot be read.
    case unreadable
    /// The document is too long for a key set.
    case tooLong
    /// It is no JSON Web Key Set.
    case notAKeySet
    /// It has too many keys.
    case tooManyKeys
    /// None of its keys can verify signatures.
    case noKey

    /// What went wrong.
    var description: String {
        switch self {
        case .timedOut: "no answer within \(KeyDownload.timeout)"
        case .status(let code): "answered \(code), and redirections are not followed"
        case .unreadable: "the file does not exist or cannot be read"
        case .tooLong: "more than \(KeySet.maximumLength) bytes"
        case .notAKeySet: "not a JSON Web Key Set, which is an object with an array 'keys'"
        case .tooManyKeys: "more than \(KeySet.maximumKeys) keys"
        case .noKey: "no public key for RS256 (2048 bits or more), ES256 or EdDSA"
        }
    }
}
