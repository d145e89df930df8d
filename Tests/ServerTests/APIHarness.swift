import Foundation
import HTTPTestSupport
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Testing
import Unstick
import UnstickSQLite

@testable import UnstickServer

/// A server over a new store, called over real HTTP.
///
/// Every answer is compared with the served OpenAPI document.
struct APIHarness: Sendable {
    let store: any Store
    let adminToken: String
    let viewerToken: String
    let workerToken: String
    let appToken: String
    let operatorToken: String
    private let client: any TestClientProtocol
    private let document: OpenAPIDocument
    private let paths: [String]

    struct Reply {
        var status: Int
        var headers: HTTPFields
        var body: Data

        var text: String { String(decoding: self.body, as: UTF8.self) }
        var json: [String: Any] { (try? JSONSerialization.jsonObject(with: self.body)) as? [String: Any] ?? [:] }
        var result: [String: Any] { self.json["result"] as? [String: Any] ?? [:] }
        var pointer: String? { (self.json["errors"] as? [[String: Any]])?.first?["pointer"] as? String }
    }

    /// - Parameter store: a new one in memory by default.
    static func run(
        store: (any Store)? = nil,
        cronSecret: SharedSecret? = nil,
        options: CleanupOptions = CleanupOptions(),
        policy: Policy = Policy(),
        reloadPolicy: (@Sendable () async throws -> Policy)? = nil,
        cleanupInterval: Duration? = nil,
        registry: PrometheusRegistry? = nil,
        refusals: Refusals = Refusals(),
        logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
        _ body: @Sendable (APIHarness) async throws -> Void
    ) async throws {
        let store: any Store = try store ?? SQLiteStore.inMemory()
        let tokens = StoredTokens(store: store)
        let admin = try await tokens.create(name: "grace", role: .admin, at: store.now())
        let viewer = try await tokens.create(name: "linus", role: .viewer, at: store.now())
        let worker = try await tokens.create(name: "gpu-7", role: .worker, at: store.now())
        let appToken = try await tokens.create(name: "shop", role: .app, at: store.now())
        let operatorToken = try await tokens.create(name: "support", role: .operator, at: store.now())
        var configuration = UnstickAPI.Configuration(
            options: options,
            cronSecret: cronSecret,
            policy: PolicySource(policy),
            reloadPolicy: reloadPolicy,
            cleanupInterval: cleanupInterval,
            registry: registry
        )
        configuration.refusals = refusals
        let api = UnstickAPI(
            store: store,
            authenticators: [tokens, try AdminSecretAuthenticator(String(repeating: "s", count: 32))],
            configuration: configuration,
            logger: logger
        )
        let paths = Set(api.routes.map(\.path)).sorted { !$0.contains("{") && $1.contains("{") }
        let document = try OpenAPIDocument(Data(PackageResources.openapi_json))
        let app = UnstickApplication.make(api: api, host: "127.0.0.1", port: 0, limits: .patient, logger: logger)
        try await app.test(.live) { client in
            try await body(
                APIHarness(
                    store: store,
                    adminToken: admin,
                    viewerToken: viewer,
                    workerToken: worker,
                    appToken: appToken,
                    operatorToken: operatorToken,
                    client: client,
                    document: document,
                    paths: paths
                )
            )
        }
    }

    func get(_ path: String, token: String? = nil) async throws -> Reply {
        try await self.ask(.get, path, token: token ?? self.viewerToken)
    }

    /// Sends JSON as the app, unless another token is given.
    func post(
        _ path: String,
        _ body: String = "{}",
        token: String? = nil,
        headers: [String: String] = [:]
    ) async throws -> Reply {
        try await self.ask(
            .post,
            path,
            token: token ?? self.appToken,
            body: Data(body.utf8),
            type: "application/json",
            headers: headers
        )
    }

    func cleanUp(_ body: String? = nil, token: String? = nil, type: String? = "application/json") async throws -> Reply
    {
        try await self.ask(
            .post,
            "/api/admin/jobs/cleanup",
            token: token ?? self.adminToken,
            body: body.map { Data($0.utf8) },
            type: body == nil ? nil : type
        )
    }

    /// Sends a request, and compares the answer with the document.
    ///
    /// - Parameter token: the bearer token; an empty one sends none.
    func ask(
        _ method: HTTPRequest.Method,
        _ path: String,
        token: String,
        body: Data? = nil,
        type: String? = nil,
        headers extra: [String: String] = [:],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Reply {
        var headers = HTTPFields()
        if !token.isEmpty { headers[.authorization] = "Bearer \(token)" }
        if let type { headers[.contentType] = type }
        for (name, value) in extra { HTTPField.Name(name).map { headers[$0] = value } }
        let response = try await self.client.execute(
            uri: path,
            method: method,
            headers: headers,
            body: body.map { ByteBuffer(bytes: $0) }
        ) { $0 }
        let reply = Reply(
            status: response.status.code,
            headers: response.headers,
            body: Data(response.body.readableBytesView)
        )
        #expect(reply.headers[.cacheControl] == "no-store", sourceLocation: sourceLocation)
        if let documented = self.documentedPath(path) {
            let violations = self.document.violations(
                path: documented,
                method: method.rawValue,
                status: reply.status,
                contentType: reply.headers[.contentType] ?? "",
                body: reply.body
            )
            #expect(violations == [], "\(method) \(path): \(reply.text)", sourceLocation: sourceLocation)
        }
        return reply
    }

    /// The types of events in the document.
    var documentedEvents: Set<String> { Set(self.document.events.keys) }

    /// Compares the body of a webhook with the document.
    func expectDocumented(_ body: String, as type: String, sourceLocation: SourceLocation = #_sourceLocation) {
        let violations = self.document.violations(event: type, body: body)
        #expect(violations == [], "\(type): \(body)", sourceLocation: sourceLocation)
    }

    private func documentedPath(_ path: String) -> String? {
        let asked = path.prefix { $0 != "?" }.split(separator: "/", omittingEmptySubsequences: false)
        return self.paths.first { known in
            let steps = known.split(separator: "/", omittingEmptySubsequences: false)
            return steps.count == asked.count && zip(steps, asked).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
        }
    }

    /// Adds jobs that started ten minutes ago.
    func addStuck(_ count: Int, user: String = "ada", cost: Int = 9) async throws {
        let now = try await self.store.now()
        let jobs = (0..<count).map { index in
            Job(
                id: "\(user)-\(index)",
                userID: user,
                kind: "image",
                tokensCost: cost,
                status: .processing,
                attempt: 1,
                createdAt: now - .seconds(700),
                processingStartedAt: now - .seconds(600 + index),
                updatedAt: now - .seconds(600)
            )
        }
        let batch = try await self.store.beginImport()
        _ = try await batch.stage(jobs)
        _ = try await batch.commit { _, _ in }
    }
}
