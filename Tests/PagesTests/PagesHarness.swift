import Foundation
import HTTPTestSupport
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Synchronization
import Testing
import Unstick
import UnstickSQLite
import UnstickServer

@testable import UnstickPages

/// The admin UI over a new store, called over real HTTP as a signed-in user.
final class PagesHarness: Sendable {
    let store: any Store
    let pages: AdminPages
    let api: UnstickAPI
    /// An API key of each role.
    let tokens: [Role: String]
    private let client: any TestClientProtocol
    private let cookies = Mutex<[Role: String]>([:])

    struct Reply {
        var status: Int
        var headers: HTTPFields
        var text: String

        var location: String? { self.headers[.location] }
    }

    private init(
        store: any Store,
        pages: AdminPages,
        api: UnstickAPI,
        tokens: [Role: String],
        client: any TestClientProtocol
    ) {
        self.store = store
        self.pages = pages
        self.api = api
        self.tokens = tokens
        self.client = client
    }

    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    static func run(
        policy: Policy = Policy(),
        reloadPolicy: (@Sendable () async throws -> Policy)? = nil,
        basePath: String = "",
        proxies: String = "",
        tokenCookie: String? = nil,
        authenticators: [any Authenticator] = [],
        roles: [Role] = Role.allCases,
        clock: @escaping @Sendable () -> Timestamp = SQLiteStore.machineClock,
        over known: SQLiteStore? = nil,
        _ body: @Sendable (PagesHarness) async throws -> Void
    ) async throws {
        let store = try known ?? SQLiteStore.inMemory(clock: clock)
        let stored = StoredTokens(store: store)
        var tokens: [Role: String] = [:]
        for role in roles {
            tokens[role] = try await stored.create(name: "the-\(role.rawValue)", role: role, at: store.now())
        }
        let logger = Self.quiet
        let api = UnstickAPI(
            store: store,
            authenticators: [stored] + authenticators,
            configuration: UnstickAPI.Configuration(
                policy: PolicySource(policy),
                reloadPolicy: reloadPolicy,
                basePath: basePath,
                proxies: try TrustedProxies(proxies)
            ),
            logger: logger
        )
        let pages = try AdminPages(
            api: api,
            configuration: AdminPages.Configuration(tokenCookie: tokenCookie),
            logger: logger
        )
        let app = UnstickApplication.make(
            api: api,
            host: "127.0.0.1",
            port: 0,
            limits: .patient,
            logger: logger,
            mount: { pages.mount(on: $0) }
        )
        let made = tokens
        try await app.test(.live) { client in
            try await body(PagesHarness(store: store, pages: pages, api: api, tokens: made, client: client))
        }
        await api.webhooks.shutdown()
    }

    /// Requests a view with a role; `nil` for no credential.
    func get(_ path: String, as role: Role? = .viewer, headers: [String: String] = [:]) async throws -> Reply {
        var headers = headers
        if let role { headers["cookie"] = try await self.cookie(of: role) }
        return try await self.ask(.get, path, headers: headers)
    }

    /// Sends a form like a page: from the same site, with the token of the session.
    func post(
        _ path: String,
        _ fields: [String: String],
        as role: Role? = .admin,
        headers: [String: String] = [:]
    ) async throws -> Reply {
        var (fields, sent) = (fields, ["sec-fetch-site": "same-origin"])
        if let role {
            let cookie = try await self.cookie(of: role)
            sent["cookie"] = cookie
            let secret = cookie.split(separator: "=").last.map(String.init) ?? ""
            if fields["_csrf"] == nil { fields["_csrf"] = PageRequest.formToken(of: secret) }
        }
        let body = fields.map { "\($0.key.queryEncoded)=\($0.value.queryEncoded)" }.joined(separator: "&")
        return try await self.ask(.post, path, headers: sent.merging(headers) { $1 }, body: body)
    }

    /// Any request.
    func ask(
        _ method: HTTPRequest.Method,
        _ path: String,
        headers: [String: String] = [:],
        body: String? = nil
    ) async throws -> Reply {
        var fields = HTTPFields()
        if body != nil { fields[.contentType] = "application/x-www-form-urlencoded" }
        for (name, value) in headers {
            let name = try #require(HTTPField.Name(name))
            fields[name] = value
        }
        return try await self.client.execute(
            uri: path,
            method: method,
            headers: fields,
            body: body.map { ByteBuffer(string: $0) }
        ) { response in
            Reply(status: response.status.code, headers: response.headers, text: String(buffer: response.body))
        }
    }

    /// The session cookie of a role, which signs in with the first request.
    func cookie(of role: Role) async throws -> String {
        if let cookie = self.cookies.withLock({ $0[role] }) { return cookie }
        let cookie = try await self.signIn(try #require(self.tokens[role]))
        self.cookies.withLock { $0[role] = cookie }
        return cookie
    }

    /// Signs in, and returns the cookie.
    func signIn(_ token: String, basePath: String = "") async throws -> String {
        let reply = try await self.post(basePath + "/admin/sign-in", ["token": token], as: nil)
        #expect(reply.status == 303, "\(reply.text)")
        let cookie = try #require(reply.headers[.setCookie])
        return String(cookie.prefix { $0 != ";" })
    }
}
