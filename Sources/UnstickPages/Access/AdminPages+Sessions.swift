import HTTPTypes
import Hummingbird
import Unstick
import UnstickServer

extension AdminPages {
    /// The request with its caller: from their session, a bearer token, or the token that an app stores in a cookie.
    func recognised(_ request: PageRequest) async throws -> PageRequest {
        let head = request.call.request
        if let secret = SessionCookie.value(of: SessionCookie.name, in: head),
            let session = try await self.session(secret, renews: !request.isByItself)
        {
            return request.by(session, secret)
        }
        if request.call.bearer != nil {
            // No page of another site can make a browser send this header, so a form needs no token.
            var request = request
            request.principal = try await self.api.principal(of: request.call)
            return request
        }
        guard let name = self.configuration.tokenCookie, let token = SessionCookie.value(of: name, in: head),
            token.utf8.count <= 8192, let principal = try await self.api.principal(bearer: token)
        else { return request }
        return request.by(principal)
    }

    /// The session of a cookie, if it has not ended and its credential is still valid.
    private func session(_ secret: String, renews: Bool) async throws -> Session? {
        guard secret.utf8.count <= 200,
            let session = try await self.api.store.session(SecretDigest.sha256(secret), renews: renews)
        else { return nil }
        for authenticator in self.api.authenticators
        where try await authenticator.vouches(for: session.credential, role: session.role) {
            return session
        }
        try await self.api.store.endSession(session.digest)
        return nil
    }

    /// Starts a session, and ends the earlier one of the browser.
    ///
    /// - Returns: the cookie.
    func beginSession(for principal: Principal, _ request: PageRequest) async throws -> String {
        if let old = SessionCookie.value(of: SessionCookie.name, in: request.call.request) {
            try await self.api.store.endSession(SecretDigest.sha256(old))
        }
        let secret = SecretDigest.random(32)
        let now = try await self.api.store.now()
        let longest = now + Session.longest
        try await self.api.store.add(
            Session(
                digest: SecretDigest.sha256(secret),
                name: principal.name,
                role: principal.role,
                credential: principal.credential,
                at: now,
                expiresAt: principal.expiresAt.map { min($0, longest) } ?? longest
            )
        )
        return SessionCookie.set(secret)
    }
}

extension PageRequest {
    fileprivate func by(_ session: Session, _ secret: String) -> PageRequest {
        var request = self
        request.session = session
        request.principal = Principal(name: session.name, role: session.role, credential: session.credential)
        request.formToken = Self.formToken(of: secret)
        return request
    }

    /// The request of a user whom an app's cookie signs in.
    fileprivate func by(_ principal: Principal) -> PageRequest {
        var request = self
        let known = FormCookie.secret(in: self.call.request)
        let secret = known ?? SecretDigest.random(32)
        request.principal = principal
        request.formToken = Self.formToken(of: "\(secret) \(principal.name)")
        if known == nil { request.cookie = FormCookie.set(secret) }
        return request
    }

    /// What forms must send back: only our pages can know it, and it does not reveal the secret.
    static func formToken(of secret: String) -> String {
        SecretDigest.sha256("unstick form " + secret).hexadecimal
    }
}
