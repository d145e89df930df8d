import AsyncHTTPClient
import Foundation
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

/// A file with a key set.
struct KeyFile: Sendable {
    /// What changes with the file.
    struct Stamp: Equatable, Sendable {
        fileprivate let modifiedAt: Date?
        fileprivate let size: Int?
    }

    /// Where it is.
    let path: String

    /// What changes when the file does.
    func stamp() throws -> Stamp {
        do {
            let attributes = try FileManager.default.attributesOfItem(atPath: self.target)
            return Stamp(modifiedAt: attributes[.modificationDate] as? Date, size: attributes[.size] as? Int)
        } catch {
            throw KeyFailure.unreadable
        }
    }

    /// Its bytes, of which one more than a key set may have is enough.
    func read() throws -> [UInt8] {
        guard let file = FileHandle(forReadingAtPath: self.target),
            let data = try? file.read(upToCount: KeySet.maximumLength + 1)
        else { throw KeyFailure.unreadable }
        return Array(data)
    }

    /// Where a link leads: containers mount secrets as links, which stay as they are when what they lead to changes.
    private var target: String { URL(filePath: self.path).resolvingSymlinksInPath().path }
}

/// Why keys could not be had; what each says is for the operator.
enum KeyFailure: Error, Equatable, CustomStringConvertible {
    /// There was no answer in time.
    case timedOut
    /// The answer was no success; redirections are not followed.
    case status(UInt)
    /// There is no such file, or it cannot be read.
    case unreadable
    /// There is more than a key set may have.
    case tooLong
    /// It is no JSON Web Key Set.
    case notAKeySet
    /// It has too many keys.
    case tooManyKeys
    /// None of its keys is fit for checking signatures.
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
