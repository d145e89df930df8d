import Testing
import Unstick

@testable import UnstickServer

@Suite("Providers of signed tokens")
struct JWTPresetTests {
    /// Signs claims like the issuer, and authenticates; without a header as this provider writes it.
    private func accept(
        _ settings: JWTSettings,
        _ claims: String,
        header: String? = nil,
        signer: TokenSigner
    ) async throws -> Principal? {
        try await JWTFixtures.authenticator(settings, keys: [signer])
            .authenticate(bearer: signer.token(claims.replacing("\n", with: ""), header: header))
    }

    private func message(_ make: () throws -> JWTSettings) -> String {
        let error = #expect(throws: UnstickError.self, performing: { try make() })
        return error?.message ?? ""
    }

    @Test("an unknown one is refused with the list of known ones")
    func unknown() {
        let message = self.message { try JWTSettings(preset: "Supabase", issuer: "https://x.supabase.co/auth/v1") }
        #expect(message.contains("JWT_PRESET") && message.contains("supabase, clerk, auth0, firebase, keycloak"))
    }

    @Test("Supabase: the role is in app_metadata; the role of the database and user_metadata give none")
    func supabase() async throws {
        let issuer = "https://abcdefghijklmnop.supabase.co/auth/v1"
        let settings = try JWTSettings(preset: "supabase", issuer: issuer)
        #expect(settings.keys == .jwks(.url("\(issuer)/.well-known/jwks.json")))
        #expect(settings.audiences == ["authenticated"])
        let signer = try await TokenSigner.es256(id: "1f2b6d3e-55c4-4f2a-9f0e-4a0f7d1c2b3a")
        func claims(_ app: String, _ user: String = "{}") -> String {
            """
            {"iss":"\(issuer)","sub":"8d5bd1e2-6f5b-4c86-9d76-1b7f6a3ac6a5","aud":"authenticated","exp":1800003600,
            "iat":1800000000,"email":"ann@example.com","phone":"","app_metadata":\(app),"user_metadata":\(user),
            "role":"authenticated","aal":"aal1","amr":[{"method":"password","timestamp":1799999000}],
            "session_id":"0b8f4a4e-70c3-4a67-8f1f-3df3a5a5b7a1","is_anonymous":false}
            """
        }
        let providers = #""provider":"email","providers":["email"]"#
        let one = try await self.accept(settings, claims(#"{\#(providers),"role":"admin"}"#), signer: signer)
        #expect(one?.summary == "ann@example.com: admin")
        #expect(one?.expiresAt == Timestamp(seconds: 1_800_003_600))
        let several = try await self.accept(settings, claims(#"{"roles":["support","viewer"]}"#), signer: signer)
        #expect(several?.role == .viewer)
        await #expect(throws: NoRole.self) {
            try await self.accept(settings, claims("{\(providers)}", #"{"role":"admin"}"#), signer: signer)
        }
    }

    @Test("Supabase with its older secret")
    func supabaseSecret() async throws {
        let issuer = "https://abcdefghijklmnop.supabase.co/auth/v1"
        let settings = try JWTSettings(preset: "supabase", issuer: issuer, secret: JWTFixtures.secret)
        #expect(settings.algorithms == [.hs256])
        let signer = try await TokenSigner.hs256()
        let accepted = try await self.accept(
            settings,
            """
            {"iss":"\(issuer)","sub":"u","aud":"authenticated","exp":1800003600,"app_metadata":{"role":"operator"}}
            """,
            header: #"{"alg":"HS256","kid":"x9Yb0c1d","typ":"JWT"}"#,
            signer: signer
        )
        #expect(accepted?.summary == "u: operator")
        // The public key of every app is no user: it has no audience.
        let anonymous = try await self.accept(
            settings,
            #"{"iss":"supabase","ref":"abcdefghijklmnop","role":"anon","iat":1700000000,"exp":2015000000}"#,
            signer: signer
        )
        #expect(anonymous == nil)
    }

    @Test("Clerk: the role of the user is in a claim that was added to the session token")
    func clerk() async throws {
        let settings = try JWTSettings(
            preset: "clerk",
            issuer: "https://clerk.example.com",
            authorizedParties: "https://app.example.com"
        )
        #expect(settings.keys == .jwks(.url("https://clerk.example.com/.well-known/jwks.json")))
        #expect(settings.roleClaims.map(\.text) == ["/metadata/role", "/public_metadata/role"])
        let signer = try await TokenSigner.rs256(id: "ins_2GIoQhbUpy0hX7B2cVkuTMinXoD")
        let header = """
            {"alg":"RS256","cat":"cl_B7d4PD111AAA","kid":"ins_2GIoQhbUpy0hX7B2cVkuTMinXoD","typ":"JWT"}
            """
        func claims(_ further: String, party: String = "https://app.example.com") -> String {
            """
            {"azp":"\(party)","exp":1800000060,"fva":[2,-1],"iat":1800000000,"iss":"https://clerk.example.com",
            "jti":"6b1f2a3c4d5e6f708192","nbf":1799999990,"sid":"sess_2Qvq9h","sts":"active","sub":"user_2Qvq9hXyZ",
            "v":2\(further)}
            """
        }
        let accepted = try await self.accept(
            settings,
            claims(#","metadata":{"role":"admin"}"#),
            header: header,
            signer: signer
        )
        #expect(accepted?.summary == "user_2Qvq9hXyZ: admin")
        let elsewhere = try await self.accept(
            settings,
            claims(#","metadata":{"role":"admin"}"#, party: "https://evil.example.com"),
            signer: signer
        )
        #expect(elsewhere == nil)
        await #expect(throws: NoRole.self) {
            try await self.accept(settings, claims(#","o":{"id":"org_9","rol":"admin","slg":"own"}"#), signer: signer)
        }
    }

    @Test("Clerk: a role in an organization counts only in the organization of the settings")
    func clerkOrganization() async throws {
        let settings = try JWTSettings(
            preset: "clerk",
            issuer: "https://clerk.example.com",
            authorizedParties: "https://app.example.com",
            organization: "org_1"
        )
        #expect(settings.roleClaims.map(\.text) == ["/o/rol", "/org_role", "/metadata/role", "/public_metadata/role"])
        let signer = try await TokenSigner.rs256()
        func role(_ further: String) async throws -> Role? {
            let claims = """
                {"azp":"https://app.example.com","exp":1800000060,"iss":"https://clerk.example.com","sub":"user_1"\(further)}
                """
            return try await self.accept(settings, claims, signer: signer)?.role
        }
        for (claims, expected) in [
            (#","v":2,"o":{"id":"org_1","rol":"admin"}"#, Role.admin),
            (#","v":2,"o":{"id":"org_1","rol":"viewer"}"#, .viewer),
            (#","org_id":"org_1","org_role":"org:admin""#, .admin),
            (#","org_id":"org_1","org_role":"org:operator""#, .operator),
            (#","v":2,"o":{"id":"org_1","rol":"member"},"metadata":{"role":"viewer"}"#, .viewer),
            (#","v":2,"o":{"id":"org_2","rol":"admin"}"#, nil), (#","org_id":"org_2","org_role":"org:admin""#, nil),
            (#","v":2,"o":{"id":"org_2","rol":"admin"},"org_id":"org_1","org_role":"org:admin""#, nil),
            (#","metadata":{"role":"admin"}"#, nil),
        ] {
            let role = try await role(claims)
            #expect(role == expected, "\(claims)")
        }
    }

    @Test(
        "Clerk: roles in organizations without an organization or parties in the settings are refused with the reason"
    )
    func clerkSettings() {
        for role in ["/o/rol", "/metadata/role /org_role", "/o/per", "/org_permissions/0"] {
            let message = self.message {
                try JWTSettings(preset: "clerk", issuer: "https://c.example.com", authorizedParties: "x", role: role)
            }
            #expect(message.contains("JWT_ROLE") && message.contains("JWT_ORGANIZATION"))
        }
        let message = self.message { try JWTSettings(preset: "clerk", issuer: "https://c.example.com") }
        #expect(message.contains("JWT_AUTHORIZED_PARTIES") && message.contains("no audience"))
    }

    @Test("Auth0: the role is in a claim with a namespace, and the issuer ends with a slash")
    func auth0() async throws {
        let issuer = "https://tenant.eu.auth0.com/"
        let settings = try JWTSettings(preset: "auth0", issuer: issuer, audience: "https://unstick.example.com")
        #expect(settings.keys == .jwks(.url("https://tenant.eu.auth0.com/.well-known/jwks.json")))
        let signer = try await TokenSigner.rs256(id: "NjVBRjY5MDlCMUIwNzU4RTA2QzZFMDQ4QzQ2MDAyQjVDNjk1RTM2Qg")
        func claims(_ roles: String) -> String {
            """
            {"https://unstick/roles":\(roles),"iss":"\(issuer)","sub":"auth0|656f6e6c79","aud":[
            "https://unstick.example.com","https://tenant.eu.auth0.com/userinfo"],"iat":1800000000,"exp":1800086400,
            "scope":"openid profile email","azp":"my_client_id","permissions":["admin"]}
            """
        }
        let accepted = try await self.accept(settings, claims(#"["user","admin"]"#), signer: signer)
        #expect(accepted?.summary == "auth0|656f6e6c79: admin")
        await #expect(throws: NoRole.self) { try await self.accept(settings, claims("[]"), signer: signer) }
        let permissions = try JWTSettings(
            preset: "auth0",
            issuer: issuer,
            audience: "https://unstick.example.com",
            role: "/permissions"
        )
        #expect(try await self.accept(permissions, claims("[]"), signer: signer)?.role == .admin)
        #expect(self.message { try JWTSettings(preset: "auth0", issuer: issuer) }.contains("JWT_AUDIENCE"))
        let slash = self.message { try JWTSettings(preset: "auth0", issuer: "https://t.eu.auth0.com", audience: "x") }
        #expect(slash.contains("JWT_ISSUER") && slash.contains("slash"))
    }

    @Test("Firebase: the project follows from the issuer, and admin: true makes an admin")
    func firebase() async throws {
        let issuer = "https://securetoken.google.com/my-project"
        let settings = try JWTSettings(preset: "firebase", issuer: issuer)
        #expect(settings.audiences == ["my-project"])
        let keys = "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com"
        #expect(settings.keys == .jwks(.url(keys)))
        let signer = try await TokenSigner.rs256(id: "f7d8a1b2c3")
        func claims(_ further: String, project: String = "my-project") -> String {
            """
            {\(further),"iss":"\(issuer)","aud":"\(project)","auth_time":1799990000,"user_id":"abcUID","sub":"abcUID",
            "iat":1799999000,"exp":1800002600,"email":"ann@example.com","email_verified":true,"firebase":{"identities":
            {"email":["ann@example.com"]},"sign_in_provider":"password"}}
            """
        }
        for (claim, role) in [
            (#""admin":true"#, Role.admin), (#""role":"viewer","admin":true"#, .viewer),
            (#""role":"operator""#, .operator),
        ] {
            let accepted = try await self.accept(settings, claims(claim), signer: signer)
            #expect(accepted?.summary == "ann@example.com: \(role)")
        }
        for claim in [#""admin":false"#, #""admin":1"#, #""name":"admin""#] {
            await #expect(throws: NoRole.self) { try await self.accept(settings, claims(claim), signer: signer) }
        }
        let other = try await self.accept(settings, claims(#""admin":true"#, project: "other"), signer: signer)
        #expect(other == nil)
    }

    @Test("Firebase: true makes an admin in its own claims only, and an issuer that is not Firebase's is refused")
    func firebaseSettings() throws {
        let issuer = "https://securetoken.google.com/my-project"
        #expect(try JWTSettings(preset: "firebase", issuer: issuer).adminValues == ["admin", "true"])
        #expect(try JWTSettings(preset: "firebase", issuer: issuer, role: "/roles").adminValues == ["admin"])
        for issuer in [
            "https://securetoken.google.com/", "https://securetoken.google.com/a/b", "https://x.example.com/p",
        ] {
            let message = self.message { try JWTSettings(preset: "firebase", issuer: issuer) }
            #expect(message.contains("JWT_ISSUER"))
        }
    }

    @Test("Keycloak: the role is one of the realm, or of a client in the settings")
    func keycloak() async throws {
        let issuer = "https://sso.example.com/realms/team"
        let settings = try JWTSettings(preset: "keycloak", issuer: issuer, authorizedParties: "my-app")
        #expect(settings.keys == .jwks(.url("\(issuer)/protocol/openid-connect/certs")))
        let signer = try await TokenSigner.rs256(id: "FJ86GcF3jTbNLOco4NvZkUCIUmfYCqoqtOQeMfbhNlE")
        func claims(_ realm: String, _ client: String) -> String {
            """
            {"exp":1800000300,"iat":1800000000,"jti":"onrtac:1","iss":"\(issuer)","aud":"account","sub":"f:1:ann",
            "typ":"Bearer","azp":"my-app","sid":"e1","acr":"1","realm_access":{"roles":["offline_access",\(realm)]},
            "resource_access":{"my-app":{"roles":[\(client)]},"account":{"roles":["manage-account"]}},
            "scope":"openid email","email_verified":true,"preferred_username":"ann","email":"ann@example.com"}
            """
        }
        let realm = try await self.accept(settings, claims(#""admin""#, #""x""#), signer: signer)
        #expect(realm?.summary == "ann@example.com: admin")
        await #expect(throws: NoRole.self) {
            try await self.accept(settings, claims(#""x""#, #""admin""#), signer: signer)
        }
        let ofClient = try JWTSettings(
            preset: "keycloak",
            issuer: issuer,
            authorizedParties: "my-app",
            role: "/resource_access/my-app/roles"
        )
        #expect(try await self.accept(ofClient, claims(#""x""#, #""admin""#), signer: signer)?.role == .admin)
        let message = self.message { try JWTSettings(preset: "keycloak", issuer: issuer) }
        #expect(message.contains("JWT_AUTHORIZED_PARTIES") && message.contains("audience mapper"))
    }

    @Test("a preset's keys are not fetched over http, except from this machine; an extra slash is reported")
    func issuers() throws {
        let message = self.message {
            try JWTSettings(preset: "keycloak", issuer: "http://sso.example.com/realms/x", authorizedParties: "a")
        }
        #expect(message.contains("JWT_ISSUER") && message.contains("https"))
        _ = try JWTSettings(preset: "keycloak", issuer: "http://localhost:8080/realms/x", authorizedParties: "a")
        for (preset, issuer) in [
            ("supabase", "https://x.supabase.co/auth/v1/"), ("clerk", "https://clerk.example.com/"),
            ("keycloak", "https://sso.example.com/realms/x/"),
        ] {
            let message = self.message { try JWTSettings(preset: preset, issuer: issuer, authorizedParties: "a") }
            #expect(message.contains("JWT_ISSUER") && message.contains("slash"))
        }
    }

    @Test("settings override a preset")
    func overrides() throws {
        let settings = try JWTSettings(
            preset: "supabase",
            issuer: "https://x.supabase.co/auth/v1",
            audience: "mine",
            algorithms: "ES256",
            jwks: "/etc/keys.json",
            role: "/user_role",
            adminValues: "owner"
        )
        #expect(settings.audiences == ["mine"] && settings.algorithms == [.es256])
        #expect(settings.keys == .jwks(.file("/etc/keys.json")) && settings.roleClaims.map(\.text) == ["/user_role"])
        #expect(settings.adminValues == ["owner"] && settings.operatorValues == ["operator"])
    }
}
