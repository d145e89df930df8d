import Testing
import Unstick

@testable import UnstickServer

@Suite("Settings for signed tokens")
struct JWTSettingsTests {
    private static let secret = JWTFixtures.secret

    /// Checks that settings are refused with a message that contains these words.
    private func refuses(_ words: String..., by make: () throws -> JWTSettings) {
        let error = #expect(throws: UnstickError.self, performing: { try make() })
        #expect(error?.code == .invalidArgument)
        for word in words { #expect(error?.message.contains(word) == true, "\(word) in: \(error?.message ?? "")") }
        #expect(error?.message.contains(Self.secret) == false)
    }

    @Test("with a secret, HS256 and no issuer, and the role at /role")
    func secretDefaults() throws {
        let settings = try JWTSettings(audience: "unstick", secret: Self.secret)
        #expect(settings.keys == .secret(Self.secret))
        #expect(settings.algorithms == [.hs256])
        #expect(settings.issuer == nil && settings.audiences == ["unstick"] && settings.authorizedParties.isEmpty)
        #expect(settings.roleClaims.map(\.text) == ["/role"] && settings.nameClaims.map(\.text) == ["/email", "/sub"])
        #expect(settings.adminValues == ["admin"] && settings.operatorValues == ["operator"])
        #expect(settings.viewerValues == ["viewer"] && settings.organization == nil)
    }

    @Test("with public keys, every algorithm but HS256")
    func keyDefaults() throws {
        let settings = try JWTSettings(issuer: "https://id.example.com", audience: "unstick", jwks: "/etc/keys.json")
        #expect(settings.keys == .jwks(.file("/etc/keys.json")))
        #expect(settings.algorithms == [.rs256, .es256, .edDSA])
    }

    @Test("lists are split at commas, pointers also at white space, and surrounding white space is dropped")
    func lists() throws {
        let settings = try JWTSettings(
            issuer: " https://id.example.com\n",
            audience: " a , b,,c ",
            authorizedParties: "https://x.example.com, https://y.example.com",
            algorithms: "ES256, EdDSA",
            jwks: " https://id.example.com/keys ",
            role: "/a/b, /c\n/d",
            adminValues: "Super Admin, root",
            operatorValues: "support",
            viewerValues: " staff",
            roleClaimIsTrusted: " true\n"
        )
        #expect(settings.issuer == "https://id.example.com" && settings.audiences == ["a", "b", "c"])
        #expect(settings.authorizedParties == ["https://x.example.com", "https://y.example.com"])
        #expect(settings.algorithms == [.es256, .edDSA] && settings.keys == .jwks(.url("https://id.example.com/keys")))
        #expect(settings.roleClaims.map(\.text) == ["/a/b", "/c", "/d"])
        #expect(settings.adminValues == ["Super Admin", "root"] && settings.operatorValues == ["support"])
        #expect(settings.viewerValues == ["staff"])
    }

    @Test("empty text counts as absent")
    func empty() throws {
        let settings = try JWTSettings(
            preset: "",
            issuer: " ",
            audience: "unstick",
            authorizedParties: "",
            algorithms: "",
            secret: Self.secret,
            jwks: " ",
            role: " ",
            adminValues: ",",
            operatorValues: "",
            viewerValues: "",
            organization: ""
        )
        #expect(settings == (try JWTSettings(audience: "unstick", secret: Self.secret)))
    }

    @Test("no keys, both kinds of keys, or public keys without an issuer are refused")
    func keys() {
        self.refuses("JWT_SECRET", "JWT_JWKS", "JWT_PRESET") { try JWTSettings(audience: "unstick") }
        self.refuses("JWT_SECRET", "JWT_JWKS") {
            try JWTSettings(issuer: "i", audience: "unstick", secret: Self.secret, jwks: "https://id.example.com/keys")
        }
        self.refuses("JWT_ISSUER") { try JWTSettings(audience: "unstick", jwks: "https://id.example.com/keys") }
        self.refuses("JWT_ISSUER") { try JWTSettings(preset: "supabase") }
    }

    @Test("a secret of fewer than 32 bytes, or with white space around it, is refused and not shown")
    func secrets() throws {
        for secret in ["short", String(repeating: "x", count: 31), " ", String(repeating: "é", count: 15)] {
            self.refuses("JWT_SECRET", "32") { try JWTSettings(audience: "unstick", secret: secret) }
        }
        self.refuses("JWT_SECRET") { try JWTSettings(audience: "unstick", secret: Self.secret + "\n") }
        _ = try JWTSettings(audience: "unstick", secret: String(repeating: "é", count: 16))
    }

    @Test("settings reveal their secret nowhere by accident")
    func hidden() throws {
        struct Holder { let settings: JWTSettings }
        let settings = try JWTSettings(audience: "unstick", secret: Self.secret)
        var dumped = ""
        dump(Holder(settings: settings), to: &dumped)
        let shown = [
            "\(settings)", String(reflecting: settings), "\(settings.keys)", "\([settings.keys])",
            "\(Holder(settings: settings))", "\(Optional(settings.keys) as Any)", dumped,
        ]
        for text in shown { #expect(!text.contains(Self.secret) && text.contains("a secret")) }
    }

    @Test("each setting changes the fingerprint, and the secret cannot be read from it")
    func fingerprint() throws {
        let jwks = "https://id.example.com/keys"
        let settings = try [
            JWTSettings(audience: "a", secret: Self.secret), JWTSettings(audience: "a", secret: Self.secret + "x"),
            JWTSettings(audience: "b", secret: Self.secret), JWTSettings(audience: "a,b", secret: Self.secret),
            JWTSettings(audience: "ab", secret: Self.secret), JWTSettings(authorizedParties: "a", secret: Self.secret),
            JWTSettings(issuer: "i", audience: "a", secret: Self.secret),
            JWTSettings(issuer: "i", audience: "a", jwks: jwks),
            JWTSettings(issuer: "i", audience: "a", jwks: "/\(jwks.dropFirst(8))"),
            JWTSettings(issuer: "i", audience: "a", algorithms: "ES256", jwks: jwks),
            JWTSettings(audience: "a", secret: Self.secret, role: "/groups"),
            JWTSettings(audience: "a", secret: Self.secret, adminValues: "x"),
            JWTSettings(audience: "a", secret: Self.secret, operatorValues: "x"),
            JWTSettings(audience: "a", secret: Self.secret, viewerValues: "x"),
            JWTSettings(audience: "a", secret: Self.secret, organization: "o"),
        ]
        let fingerprints = settings.map(\.fingerprint)
        #expect(Set(fingerprints).count == settings.count)
        #expect(fingerprints.allSatisfy { $0.utf8.count == 16 })
        #expect(fingerprints.first == (try JWTSettings(audience: "a", secret: Self.secret).fingerprint))
    }

    @Test("keys over http are refused, except from this machine, and so is any other invalid URL")
    func urls() throws {
        func settings(_ url: String) throws -> JWTSettings {
            try JWTSettings(issuer: "i", audience: "unstick", jwks: url)
        }
        for url in [
            "http://id.example.com/keys", "http://localhost.example.com/", "http://127.0.0.1.example.com/",
            "http://127.0.0.2/", "http://[::2]/", "ftp://id.example.com/keys", "file:///etc/keys",
            "http://id.example.com:80/localhost",
        ] {
            self.refuses("JWT_JWKS", "https") { try settings(url) }
        }
        for url in [
            "https://user@id.example.com/", "https://localhost:80@id.example.com/", "https:///keys", "https://",
            "https://id.example.com/a b", "https://id.example.com/#x", "https://id.example.com:0/",
            "https://id.example.com:99999/", "https://id.example.com:x/", "https://idé.example.com/",
            "https://id.example.com\\@x/", "https://..example.com/", "https://[::1/", "https://[::1]x/",
            "https://" + String(repeating: "x", count: 2000),
        ] {
            self.refuses("JWT_JWKS") { try settings(url) }
        }
        for url in [
            "https://id.example.com/keys?x=1", "HTTPS://ID.example.com:8443/keys", "http://localhost:8080/keys",
            "http://127.0.0.1/keys", "http://[::1]:8080/keys", "https://[2001:db8::1]/keys",
        ] {
            #expect(try settings(url).keys == .jwks(.url(url)))
        }
    }

    @Test("algorithms that do not fit the keys, are unknown, or sign nothing are refused")
    func algorithms() {
        for name in ["none", "None", "HS256", "RS512", "PS256", "rs256", "ES256K", "RS256,none"] {
            self.refuses("JWT_ALGORITHMS", "RS256, ES256, EdDSA") {
                try JWTSettings(issuer: "i", audience: "unstick", algorithms: name, jwks: "https://id.example.com/keys")
            }
        }
        for name in ["none", "RS256", "HS512", "HS256,ES256"] {
            self.refuses("JWT_ALGORITHMS", "HS256") {
                try JWTSettings(audience: "unstick", algorithms: name, secret: Self.secret)
            }
        }
    }

    @Test("without an audience and parties, a token for any app would be valid, so that is refused")
    func audience() throws {
        self.refuses("JWT_AUDIENCE", "JWT_AUTHORIZED_PARTIES") { try JWTSettings(secret: Self.secret) }
        self.refuses("JWT_AUDIENCE") { try JWTSettings(audience: " , ", secret: Self.secret) }
        _ = try JWTSettings(authorizedParties: "app", secret: Self.secret)
    }

    @Test(
        "claims that users can edit are refused, with the reason",
        arguments: [
            "/user_metadata/role", "/unsafe_metadata/role", "/raw_user_meta_data/role", "/user_metadata",
            "/app_metadata/role /user_metadata/role", "/x/unsafeMetadata/role",
            "/https:~1~1example.com~1user_metadata/role",
        ]
    )
    func editableClaims(_ role: String) {
        for trusted in ["false", "true"] {
            self.refuses("JWT_ROLE", "edit", "themselves") {
                try JWTSettings(audience: "unstick", secret: Self.secret, role: role, roleClaimIsTrusted: trusted)
            }
        }
    }

    @Test(
        "a claim that a user may control needs the explicit switch, and is then listed",
        arguments: [
            "/email", "/name", "/sub", "/scope", "/superuser", "/admin", "/custom:role", "/nickname", "/metadata/role",
            "/realm_access", "/resource_access/roles", "/o/id", "/profile/role", "/role/x", "/address/role", "",
            "/https:~1~1example.com~1email", "/example.com~1roles", "/https:~1~1example.com~1roles/x",
        ]
    )
    func unknownClaims(_ role: String) throws {
        // An empty text is no setting; the pointer to the whole token is written with a comma beside it.
        let role = role.isEmpty ? "/role,/" : role
        self.refuses("JWT_ROLE", "JWT_ROLE_CLAIM_IS_TRUSTED=true") {
            try JWTSettings(audience: "unstick", secret: Self.secret, role: role, organization: "org_1")
        }
        let settings = try JWTSettings(
            audience: "unstick",
            secret: Self.secret,
            role: role,
            organization: "org_1",
            roleClaimIsTrusted: "true"
        )
        #expect(settings.trustedClaims.map(\.text) == [String(role.split(separator: ",").last ?? "")])
    }

    @Test(
        "claims that only servers write need no switch",
        arguments: [
            "/role", "/roles", "/roles/0", "/groups", "/permissions", "/user_role", "/cognito:groups",
            "/app_metadata/role",
            "/app_metadata/a/b", "/public_metadata/role", "/realm_access/roles", "/resource_access/my-app/roles",
            "/o/rol",
            "/org_role", "/https:~1~1example.com~1roles", "/https:~1~1example.com~1app_metadata/role",
        ]
    )
    func safeClaims(_ role: String) throws {
        let settings = try JWTSettings(audience: "a", secret: Self.secret, role: role, organization: "org_1")
        #expect(settings.trustedClaims == [] && settings.roleClaims.map(\.text) == [role])
    }

    @Test("the defaults of every preset need no switch, and the switch is true or false")
    func presetClaims() throws {
        for preset in JWTPreset.allCases {
            for organization in [nil, "org_1"] {
                for claim in preset.roleClaims(inOrganization: organization != nil) {
                    #expect(SafeClaim.isKnown(try JSONPointer(claim), preset), "\(preset) \(claim)")
                }
            }
        }
        self.refuses("JWT_ROLE_CLAIM_IS_TRUSTED") {
            try JWTSettings(audience: "a", secret: Self.secret, roleClaimIsTrusted: "yes")
        }
    }

    @Test("names that only resemble those are not refused")
    func similarClaims() throws {
        _ = try JWTSettings(
            audience: "unstick",
            secret: Self.secret,
            role: "/user_metadata_by_us/role",
            roleClaimIsTrusted: "true"
        )
    }

    @Test("pointers that cannot be read are refused", arguments: ["role", "/a /b~", "app_metadata.role", "/~3"])
    func pointers(_ role: String) {
        self.refuses("JWT_ROLE", "JSON pointer") {
            try JWTSettings(audience: "unstick", secret: Self.secret, role: role)
        }
    }

    @Test("a value gives one role: set twice it is refused, and a value set for one role is no default of another")
    func values() throws {
        self.refuses("'boss'", "JWT_ADMIN_VALUES", "JWT_VIEWER_VALUES") {
            try JWTSettings(audience: "unstick", secret: Self.secret, adminValues: "boss", viewerValues: "x,boss")
        }
        let demoted = try JWTSettings(audience: "unstick", secret: Self.secret, viewerValues: "admin")
        #expect(demoted.adminValues.isEmpty && demoted.viewerValues == ["admin"])
        let swapped = try JWTSettings(audience: "unstick", secret: Self.secret, adminValues: "operator")
        #expect(swapped.adminValues == ["operator"] && swapped.operatorValues.isEmpty)
    }

    @Test("lists that are too long, and texts, are refused")
    func limits() {
        self.refuses("JWT_AUDIENCE") {
            try JWTSettings(audience: (0...50).map(String.init).joined(separator: ","), secret: Self.secret)
        }
        self.refuses("JWT_ADMIN_VALUES") {
            try JWTSettings(audience: "a", secret: Self.secret, adminValues: String(repeating: "x", count: 2001))
        }
        self.refuses("JWT_ISSUER") {
            try JWTSettings(issuer: String(repeating: "x", count: 2001), audience: "a", secret: Self.secret)
        }
        self.refuses("JWT_ISSUER") { try JWTSettings(issuer: "a b", audience: "a", secret: Self.secret) }
    }
}
