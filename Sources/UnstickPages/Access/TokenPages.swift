import HTTPTypes
import Hummingbird
import Unstick
import UnstickServer

extension AdminPages {
    var tokenRoutes: [PageRoute] {
        [
            .get("/tokens", .administer) { request in try await self.tokensPage(request) },
            .post("/tokens", .administer) { request in try await self.createToken(request) },
            .post("/tokens/{name}/revoke", .administer) { request in try await self.revokeToken(request) },
        ]
    }

    /// - Parameters:
    ///   - form: the fields for a new key.
    ///   - refusal: why the key was not created.
    private func tokensPage(
        _ request: PageRequest,
        form: (name: String, role: Role) = ("", .viewer),
        refusal: String? = nil
    ) async throws -> Response {
        let tokens = try await self.api.store.accessTokens()
        let now = try await self.api.store.now()
        // Keys in force first; each group with the oldest first.
        let rows = (tokens.filter { $0.revokedAt == nil } + tokens.filter { $0.revokedAt != nil })
            .map { TokenRow($0, now, request) }
        let content = TokensContent(
            rows: rows,
            empty: rows.isEmpty
                ? "There are no API keys yet. You signed in with another credential, such as UNSTICK_ADMIN_TOKEN."
                : nil,
            add: NewToken(name: form.name),
            roleOptions: Role.allCases.map {
                Choice(value: $0.rawValue, label: "\($0.rawValue): \($0.allows)", selected: $0 == form.role)
            }
        )
        return try await self.page(
            content,
            request,
            title: "API keys",
            notice: refusal.map { Notice(kind: "error", text: $0) },
            status: refusal == nil ? .ok : .badRequest
        )
    }

    /// Returns the key, which no page shows again.
    private func createToken(_ request: PageRequest) async throws -> Response {
        let form = try await Form(of: request)
        let name = form.text("name") ?? ""
        let role = try form.word(required: "role", as: Role.self)
        let secret: String
        do {
            secret = try await request.administration(of: self.api).createToken(named: name, role: role)
        } catch let error as UnstickError where error.code == .invalidArgument || error.code == .conflict {
            return try await self.tokensPage(request, form: (name, role), refusal: error.message)
        }
        let content = TokenCreatedContent(token: CreatedToken(name: name, role: role.rawValue, secret: secret))
        return try await self.page(content, request, title: "API key created", status: .created)
    }

    private func revokeToken(_ request: PageRequest) async throws -> Response {
        _ = try await Form(of: request)
        let name = try request.call.path("name")
        guard
            let token = try await self.api.store.accessTokens().first(where: { $0.name == name && $0.revokedAt == nil })
        else {
            throw Problem.notFound("There is no active API key '\(name.cut(toBytes: Limits.idBytes))'.")
        }
        guard !token.isOf(request) else {
            throw Problem(
                status: .conflict,
                code: "own_token",
                detail: "You are signed in with the key '\(name)'. Sign in with another key, then revoke this one."
            )
        }
        try await request.administration(of: self.api).revokeToken(named: name)
        return .seeOther(request.href("/tokens?did=revoked"))
    }
}

struct TokensContent: PageContent {
    static let template = "tokens"

    var rows: [TokenRow]
    var empty: String?
    var add: NewToken
    var roleOptions: [Choice]
}

/// The fields for a new API key.
struct NewToken {
    var name: String
}

struct TokenCreatedContent: PageContent {
    static let template = "token-created"

    var token: CreatedToken
}

/// A new API key with its secret.
struct CreatedToken {
    var name: String
    var role: String
    var secret: String
}

extension Role {
    /// The purpose of the role, in a few words.
    fileprivate var allows: String {
        switch self {
        case .viewer: "sees everything, changes nothing"
        case .operator: "cleans, pauses, retries, fails and cancels"
        case .admin: "does everything, including API keys, webhooks and the policy"
        case .worker: "a program that works on jobs"
        case .app: "a program that creates jobs and works on them"
        }
    }
}

/// A stored API key, without its secret.
struct TokenRow {
    var name: String
    var role: String
    var status: Badge
    var created: TimeView
    var revoked: TimeView?
    var revokeAction: String?

    init(_ token: AccessToken, _ now: Timestamp, _ request: PageRequest) {
        self.name = token.name
        self.role = token.role.rawValue
        self.status = token.revokedAt == nil ? Badge("Valid", .good) : Badge("Revoked", .quiet)
        self.created = TimeView(token.createdAt, now: now)
        self.revoked = TimeView(token.revokedAt, now: now)
        guard token.revokedAt == nil, !token.isOf(request) else { return }
        self.revokeAction = request.href("/tokens/\(token.name.pathEncoded)/revoke")
    }
}

extension AccessToken {
    /// Whether the caller uses this API key.
    func isOf(_ request: PageRequest) -> Bool { request.principal?.credential == StoredTokens.credential(of: self.id) }
}
