import TestTags
import Testing
import Unstick

@testable import UnstickServer

@Suite("Signed tokens", .tags(.alone))
struct JWTAuthenticatorTests {
    /// The principal of the usual claims.
    private static func ann(_ settings: JWTSettings) -> Principal {
        Principal(
            name: "ann@example.com",
            role: .admin,
            credential: "jwt:\(settings.fingerprint)",
            expiresAt: Timestamp(seconds: 1_800_000_600)
        )
    }

    private func signers() async throws -> [TokenSigner] {
        [try await TokenSigner.rs256(), try await TokenSigner.es256(), try await TokenSigner.edDSA()]
    }

    /// Why a token with these claims is refused; `nil` if it is accepted.
    private func reason(_ claims: String, parties: String? = nil) async throws -> String? {
        let log = RecordedLog()
        let signer = try await TokenSigner.es256()
        let settings = try JWTFixtures.keySettings(authorizedParties: parties)
        let authenticator = try JWTFixtures.authenticator(settings, keys: [signer], logger: log.logger)
        let accepted = try await authenticator.authenticate(bearer: signer.token(claims))
        #expect((accepted == nil) == (log.lines.count == 1))
        return log.lines.first.map { String($0.split(separator: "reason=").last ?? "") }
    }

    @Test("of each algorithm identify the caller and the end")
    func accepted() async throws {
        let signers = try await self.signers()
        let authenticator = try JWTFixtures.authenticator(keys: signers)
        let ann = Self.ann(try JWTFixtures.keySettings())
        for signer in signers {
            let token = try signer.token()
            #expect(try await authenticator.authenticate(bearer: token) == ann)
        }
        let secret = try JWTFixtures.authenticator(JWTFixtures.secretSettings())
        let token = try await TokenSigner.hs256().token()
        let other = Self.ann(try JWTFixtures.secretSettings())
        #expect(try await secret.authenticate(bearer: token) == other)
    }

    @Test("without a key id are checked with the keys of their algorithm, with a key id only with that key")
    func keyNames() async throws {
        let (first, second) = try await (TokenSigner.es256(id: "1"), TokenSigner.es256(id: "2"))
        let authenticator = try JWTFixtures.authenticator(keys: [first, second])
        for signer in [first, second] {
            let unnamed = try signer.token(header: #"{"alg":"ES256"}"#)
            #expect(try await authenticator.authenticate(bearer: unnamed) != nil)
        }
        for header in [#"{"alg":"ES256","kid":"2"}"#, #"{"alg":"ES256","kid":"3"}"#, #"{"alg":"ES256","kid":""}"#] {
            let misnamed = try await authenticator.authenticate(bearer: first.token(header: header))
            #expect(misnamed == nil)
        }
    }

    @Test("that are no signed tokens, or are API keys, are left to others, and not in the log")
    func otherTokens() async throws {
        let log = RecordedLog()
        let signer = try await TokenSigner.hs256()
        let authenticator = try JWTFixtures.authenticator(JWTFixtures.secretSettings(), logger: log.logger)
        for token in [
            "", "x", "a.b", "a.b.c.d", "a.b.c.d.e", "unstick_0123456789abcdef_0123", "unstick_a.b.c", "....",
            try signer.token() + ".", "." + (try signer.token()),
        ] {
            let accepted = try await authenticator.authenticate(bearer: token)
            #expect(accepted == nil)
        }
        #expect(log.lines.isEmpty)
    }

    @Test("in any other encoding than base64url without padding are refused")
    func encoding() async throws {
        let signer = try await TokenSigner.hs256()
        let token = try signer.token()
        let parts = token.split(separator: ".").map(String.init)
        let log = RecordedLog()
        let authenticator = try JWTFixtures.authenticator(JWTFixtures.secretSettings(), logger: log.logger)
        let spoiled = [
            "..", ".\(parts[1]).\(parts[2])", "\(parts[0])..\(parts[2])", "\(parts[0]).\(parts[1]).",
            // The one that could be a token, of a longer signature.
            token + "A", token + "=", token + "\n", " " + token, "\(parts[0])=.\(parts[1]).\(parts[2])",
            "\(parts[0]).\(parts[1])==.\(parts[2])", token.replacing("_", with: "/") + "/", "é" + token, token + "\0",
        ]
        for text in spoiled {
            let accepted = try await authenticator.authenticate(bearer: text)
            #expect(accepted == nil, "\(text)")
        }
        #expect(log.lines.count == spoiled.count)
        #expect(log.lines.count { $0.hasSuffix("reason=encoding") } == spoiled.count - 1)
    }

    @Test("of more than 8192 bytes are refused before they are parsed")
    func length() async throws {
        let signer = try await TokenSigner.hs256()
        let authenticator = try JWTFixtures.authenticator(JWTFixtures.secretSettings())
        let tokens = try (5500..<6000).map { size in
            try signer.token(JWTFixtures.claims(["padding": "\"\(String(repeating: "x", count: size))\""]))
        }
        let lengths = tokens.map(\.utf8.count)
        for token in tokens where 8180...8200 ~= token.utf8.count {
            let accepted = try await authenticator.authenticate(bearer: token)
            #expect((accepted != nil) == (token.utf8.count <= 8192))
        }
        #expect(lengths.contains(8192) && lengths.contains(8193))
    }

    @Test("with a broken header, another type, extensions or their own keys are refused")
    func headers() async throws {
        let signer = try await TokenSigner.hs256()
        let log = RecordedLog()
        let authenticator = try JWTFixtures.authenticator(JWTFixtures.secretSettings(), logger: log.logger)
        for (header, reason) in [
            ("{}", TokenRefusal.header), ("[]", .header), ("null", .header), (#""HS256""#, .header), ("{", .header),
            (#"{"alg":1}"#, .header), (#"{"alg":["HS256"]}"#, .header), (#"{"alg":"HS256","kid":1}"#, .header),
            (#"{"alg":"HS256","kid":null}"#, .header), (#"{"alg":"HS256","alg":"HS256"}"#, .header),
            (#"{"alg":"none","alg":"HS256"}"#, .header), (#"{"alg":"HS256","\u0061lg":"none"}"#, .header),
            (#"{"alg":"hs256"}"#, .algorithm), (#"{"alg":"HS256 "}"#, .algorithm), (#"{"alg":""}"#, .algorithm),
            (#"{"alg":"HS512"}"#, .algorithm), (#"{"ALG":"HS256"}"#, .header),
            (#"{"alg":"HS256","typ":"JWE"}"#, .type), (#"{"alg":"HS256","typ":"dpop+jwt"}"#, .type),
            (#"{"alg":"HS256","typ":"logout+jwt"}"#, .type), (#"{"alg":"HS256","typ":""}"#, .type),
            (#"{"alg":"HS256","typ":["JWT"]}"#, .type), (#"{"alg":"HS256","typ":{"typ":"JWT"}}"#, .type),
            (#"{"alg":"HS256","typ":null}"#, .type), (#"{"alg":"HS256","crit":["exp"],"exp":1}"#, .unsupported),
            (#"{"alg":"HS256","crit":[]}"#, .unsupported), (#"{"alg":"HS256","crit":null}"#, .unsupported),
            (#"{"alg":"HS256","b64":false,"crit":["b64"]}"#, .unsupported),
            (#"{"alg":"HS256","b64":false}"#, .unsupported),
            (#"{"alg":"HS256","cty":"JWT"}"#, .unsupported), (#"{"alg":"HS256","zip":"DEF"}"#, .unsupported),
            (#"{"alg":"HS256","jku":"https://evil.example.com/keys"}"#, .unsupported),
            (#"{"alg":"HS256","x5u":"https://evil.example.com/"}"#, .unsupported),
            (#"{"alg":"HS256","jwk":{"kty":"oct","k":"AA"}}"#, .unsupported),
        ] {
            let accepted = try await authenticator.authenticate(bearer: signer.token(header: header))
            #expect(accepted == nil, "\(header)")
            #expect(log.lines.last?.hasSuffix("reason=\(reason.rawValue)") == true, "\(header)")
        }
        for header in [
            #"{"alg":"HS256"}"#, #"{"typ":"jwt","alg":"HS256"}"#, #"{"alg":"HS256","typ":"at+jwt"}"#,
            #"{"alg":"HS256","typ":"AT+JWT","kid":"whatever","x5t":"abc","cat":"cl_B7d4PD111AAA"}"#,
        ] {
            #expect(try await authenticator.authenticate(bearer: signer.token(header: header)) != nil)
        }
    }

    @Test("of another issuer are refused")
    func issuers() async throws {
        for issuer in [
            nil, "null", #""""#, #""https://id.example.com/""#, #""HTTPS://id.example.com""#,
            #"["https://id.example.com"]"#,
            #""https://evil.example.com""#, #""https://id.example.com.evil.com""#, "1",
        ] {
            #expect(try await self.reason(JWTFixtures.claims(["iss": issuer])) == "issuer")
        }
    }

    @Test("for another audience are refused")
    func audiences() async throws {
        for audience in [
            nil, #""""#, #""other""#, #""Unstick""#, #""unstick ""#, "[]", #"["a","b"]"#, #""unstick other""#,
        ] {
            #expect(try await self.reason(JWTFixtures.claims(["aud": audience])) == "audience")
        }
        for audience in ["null", "1", #"{"unstick":true}"#, #"[["unstick"]]"#, #"[1,"unstick"]"#] {
            #expect(try await self.reason(JWTFixtures.claims(["aud": audience])) == "payload")
        }
        for audience in [#"["unstick"]"#, #"["other","unstick"]"#] {
            #expect(try await self.reason(JWTFixtures.claims(["aud": audience])) == nil)
        }
    }

    @Test("that were issued to another party are refused, if parties are set")
    func parties() async throws {
        for party in [nil, #""""#, #""https://evil.example.com""#, #"["https://app.example.com"]"#, "null"] {
            let claims = JWTFixtures.claims(["azp": party])
            #expect(try await self.reason(claims, parties: "https://app.example.com") == "authorized_party")
            #expect(try await self.reason(claims) == nil)
        }
        let claims = JWTFixtures.claims(["azp": #""https://app.example.com""#])
        #expect(try await self.reason(claims, parties: "x,https://app.example.com") == nil)
    }

    @Test("with claims that are no object, are repeated, or are nested too deeply, are refused")
    func payloads() async throws {
        let deep = String(repeating: "[", count: 1000) + String(repeating: "]", count: 1000)
        for claims in [
            "", "[]", "null", "7", #""text""#, "{", JWTFixtures.claims() + "x", JWTFixtures.claims(["a": deep]),
            JWTFixtures.claims().replacing("{", with: #"{"role":"viewer","#), JWTFixtures.claims(["\\u0072ole": "1"]),
            JWTFixtures.claims().replacing("{", with: #"{"exp":1,"#), JWTFixtures.claims(["exp": "18e8"]),
            JWTFixtures.claims(["a": String(repeating: "[", count: 5000)]),
        ] where !claims.isEmpty {
            #expect(try await self.reason(claims) == "payload", "\(claims.prefix(60))")
        }
    }

    @Test("that are not UTF-8 are refused")
    func notUTF8() async throws {
        let signer = try await TokenSigner.hs256()
        let authenticator = try JWTFixtures.authenticator(JWTFixtures.secretSettings())
        for byte: UInt8 in [0xff, 0xc0, 0x80] {
            let claims =
                Array(JWTFixtures.claims().utf8.dropLast()) + Array(#","x":""#.utf8) + [byte] + Array(#""}"#.utf8)
            let signed = "\(signer.header.base64URL).\(claims.base64URL)"
            let accepted = try await authenticator.authenticate(bearer: "\(signed).\(signer.signature(of: signed))")
            #expect(accepted == nil)
        }
    }

    @Test("without a name that can be logged are refused")
    func names() async throws {
        #expect(try await self.reason(JWTFixtures.claims(["email": nil, "sub": nil])) == "name")
        #expect(try await self.reason(JWTFixtures.claims(["email": #""a\n""#, "sub": "7"])) == "name")
    }

    @Test("that are valid but give no role say so, and name the place of the role, but not its content")
    func noRole() async throws {
        let signer = try await TokenSigner.hs256()
        let settings = try JWTFixtures.secretSettings(role: "/app_metadata/role /groups")
        let authenticator = try JWTFixtures.authenticator(settings)
        let token = try signer.token(JWTFixtures.claims(["groups": #"["swordfish"]"#]))
        let error = await #expect(throws: NoRole.self) { try await authenticator.authenticate(bearer: token) }
        let message = try #require(error?.message)
        #expect(message.contains("/app_metadata/role, /groups") && message.contains("JWT_ROLE"))
        #expect(!message.contains("swordfish") && !message.contains("ann@") && "\(NoRole(claims: [])))".count > 100)
        // An expired token is refused without that message.
        let old = try await authenticator.authenticate(bearer: signer.token(JWTFixtures.claims(["exp": "1799999000"])))
        #expect(old == nil)
    }

    @Test("are accepted as long as no setting has changed, by a name that reveals nothing")
    func credentials() async throws {
        let signer = try await TokenSigner.hs256()
        let authenticator = try JWTFixtures.authenticator(JWTFixtures.secretSettings())
        let principal = try #require(await authenticator.authenticate(bearer: signer.token()))
        #expect(principal.credential.hasPrefix("jwt:") && principal.credential.utf8.count == 20)
        #expect(try await authenticator.vouches(for: principal.credential, role: .admin))
        for other in ["", "jwt:", "token:0123456789abcdef", principal.credential + "0"] {
            #expect(try await !authenticator.vouches(for: other, role: .admin))
        }
        let changed = try JWTFixtures.authenticator(JWTFixtures.secretSettings(role: "/groups"))
        #expect(try await !changed.vouches(for: principal.credential, role: .admin))
        #expect(authenticator.canAccept)
    }

    @Test("leave no part of themselves in the log")
    func log() async throws {
        let log = RecordedLog()
        let signer = try await TokenSigner.hs256(String(repeating: "w", count: 32))
        let authenticator = try JWTFixtures.authenticator(JWTFixtures.secretSettings(), logger: log.logger)
        let token = try signer.token()
        let accepted = try await authenticator.authenticate(bearer: token)
        #expect(accepted == nil)
        #expect(log.lines == ["debug: A signed token was refused reason=signature"])
        #expect(Set(TokenRefusal.allCases.map(\.rawValue)).count == TokenRefusal.allCases.count)
    }

    @Test("cannot be checked without keys, which is reported, with the reason at the start of the server")
    func noKeys() async throws {
        let server = KeyServer(nil)
        let signer = try await TokenSigner.es256()
        let log = RecordedLog()
        let authenticator = JWTAuthenticator(
            settings: try JWTFixtures.keySettings(),
            fetch: server.fetch,
            now: { server.now },
            logger: log.logger
        )
        let error = await #expect(throws: UnstickError.self) {
            try await authenticator.authenticate(bearer: signer.token())
        }
        #expect(error?.code == .databaseUnavailable)
        await #expect(throws: UnstickError.self) { try await authenticator.prepare() }
        server.serve(JWTFixtures.keySet(signer.jwk()))
        server.wait(.seconds(30))
        try await authenticator.prepare()
        #expect(try await authenticator.authenticate(bearer: signer.token()) != nil)
        try await JWTAuthenticator(settings: JWTFixtures.secretSettings(), logger: log.logger).prepare()
    }

    @Test("with an algorithm that is not allowed fetch no keys")
    func noFetch() async throws {
        let server = KeyServer(nil)
        let settings = try JWTFixtures.keySettings(algorithms: "ES256")
        let authenticator = JWTAuthenticator(
            settings: settings,
            fetch: server.fetch,
            now: { server.now },
            logger: RecordedLog().logger
        )
        for signer in [try await TokenSigner.hs256(), try await TokenSigner.rs256(), try await TokenSigner.edDSA()] {
            let accepted = try await authenticator.authenticate(bearer: signer.token())
            #expect(accepted == nil)
        }
        #expect(server.fetches == 0)
    }
}
