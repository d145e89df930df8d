import Testing
import Unstick

@testable import UnstickServer

@Suite("Roles and names in signed tokens")
struct RoleClaimTests {
    private func role(_ claims: String, at role: String = "/role", admin: String? = nil) throws -> Role? {
        let settings = try JWTSettings(
            audience: "a",
            secret: JWTFixtures.secret,
            role: role,
            adminValues: admin,
            roleClaimIsTrusted: "true"
        )
        return settings.role(in: .object(try StrictJSON.object(Array(claims.utf8))))
    }

    private func name(_ claims: String) throws -> String? {
        try JWTFixtures.secretSettings().name(in: .object(StrictJSON.object(Array(claims.utf8))))
    }

    @Test("a text, its words, the texts of an array, and true are values")
    func kinds() throws {
        for (claims, role) in [
            (#"{"role":"admin"}"#, Role.admin), (#"{"role":"read admin write"}"#, .admin),
            (#"{"role":["x","viewer"]}"#, .viewer),
            (#"{"role":[1,null,["admin"],{"a":"admin"},"operator"]}"#, .operator),
        ] {
            let found = try self.role(claims)
            #expect(found == role, "\(claims)")
        }
        #expect(try self.role(#"{"role":true}"#, admin: "true") == .admin)
        #expect(try self.role(#"{"role":"true"}"#, admin: "true") == .admin)
        #expect(try self.role(#"{"role":"Super Admin"}"#, admin: "Super Admin") == .admin)
    }

    @Test(
        "no other value counts",
        arguments: [
            "{}", #"{"role":null}"#, #"{"role":true}"#, #"{"role":1}"#, #"{"role":""}"#, #"{"role":[]}"#,
            #"{"role":{"admin":true}}"#, #"{"role":"Admin"}"#, #"{"role":"ADMIN"}"#, #"{"role":" "}"#,
            #"{"role":"administrator"}"#, #"{"role":"admin,viewer"}"#, #"{"role":"not-admin"}"#,
            #"{"role":["admin viewer"]}"#,
            #"{"role":"admin\u0000"}"#, #"{"role":"admin\u200b"}"#, #"{"role":"admin\n"}"#, #"{"role":[["admin"]]}"#,
            #"{"ROLE":"admin"}"#, #"{"role ":"admin"}"#, #"{"role":"\u0430dmin"}"#,
        ]
    )
    func others(_ claims: String) throws {
        #expect(try self.role(claims) == nil)
    }

    @Test("values are compared by their bytes, not by their appearance")
    func exact() throws {
        #expect(try self.role(#"{"role":"e\u0301"}"#, admin: "\u{e9}") == nil)
        #expect(try self.role(#"{"role":"\u212a"}"#, admin: "K") == nil)
    }

    @Test("the first place with a known value decides, and there the highest role")
    func order() throws {
        let places = "/first /second"
        #expect(try self.role(#"{"first":"viewer","second":"admin"}"#, at: places) == .viewer)
        #expect(try self.role(#"{"first":"x","second":"admin"}"#, at: places) == .admin)
        #expect(try self.role(#"{"first":[],"second":["viewer","admin","operator"]}"#, at: places) == .admin)
        #expect(try self.role(#"{"roles":["admin","viewer"]}"#, at: "/roles/1") == .viewer)
    }

    @Test("an address gives a role only if the provider has verified it")
    func addresses() throws {
        let admin = "ann@example.com"
        for (claims, role) in [
            (#"{"email":"ann@example.com","email_verified":true}"#, Role?.some(.admin)),
            (#"{"email":"ann@example.com","email_verified":false}"#, nil), (#"{"email":"ann@example.com"}"#, nil),
            (#"{"email":"ann@example.com","email_verified":"true"}"#, nil),
            (#"{"email":["ann@example.com"],"email_verified":false}"#, nil),
            (#"{"email":"evil ann@example.com","email_verified":true}"#, nil),
        ] {
            #expect(try self.role(claims, at: "/email", admin: admin) == role, "\(claims)")
            #expect(try self.role(#"{"x":{}}"#, at: "/email", admin: admin) == nil)
        }
    }

    @Test("the name is the address, otherwise the subject")
    func names() throws {
        #expect(try self.name(#"{"email":"a@example.com","sub":"1"}"#) == "a@example.com")
        #expect(try self.name(#"{"email":"a@example.com","email_verified":true,"sub":"1"}"#) == "a@example.com")
        #expect(try self.name(#"{"sub":"日本"}"#) == "日本")
    }

    @Test("an unverified address is not used, nor one that could not be logged or shown")
    func unfitNames() throws {
        #expect(try self.name(#"{"email":"a@example.com","email_verified":false,"sub":"1"}"#) == "1")
        for email in [
            #""""#, "null", "7", #"["a@example.com"]"#, #""a\n""#, #""a\u0000""#, #""a\u007f""#, #""a\u202eb""#,
            #""a\u200bb""#,
            #""a\u2028""#, "\"\(String(repeating: "x", count: 201))\"",
        ] {
            let name = try self.name(#"{"email":\#(email),"sub":"1"}"#)
            #expect(name == "1", "\(email)")
        }
        #expect(try self.name(#"{"email":"","sub":""}"#) == nil)
        #expect(try self.name("{}") == nil)
    }
}
