import Foundation
import HTTPTypes
import Testing
import Unstick
import UnstickSQLite

@testable import UnstickServer

@Suite("The OpenAPI document")
struct OpenAPITests {
    @Test("it names every route, and no other")
    func routes() throws {
        let document = try OpenAPIDocument(Data(PackageResources.openapi_json))
        let documented = Set(document.paths.flatMap { path, operations in operations.keys.map { "\($0) \(path)" } })
        let api = UnstickAPI(store: try SQLiteStore.inMemory(), authenticators: [])
        let routed = Set(api.routes.map { "\($0.method.rawValue.lowercased()) \($0.path)" })
        #expect(documented == routed)
        #expect(document.root["openapi"] as? String == "3.1.0")
    }

    @Test("it is served, and its security matches the routes")
    func security() async throws {
        try await APIHarness.run { api in
            let reply = try await api.get("/openapi.json", token: "")
            #expect(reply.status == 200)
            let document = try OpenAPIDocument(reply.body)
            for route in UnstickAPI(store: api.store, authenticators: []).routes {
                let operation = document.paths[route.path]?[route.method.rawValue.lowercased()] as? [String: Any]
                let scheme = (operation?["security"] as? [[String: Any]])?.first?.keys.first
                switch route.access {
                case .open: #expect(scheme == nil)
                case .cron: #expect(scheme == "cron")
                case .right: #expect(scheme == "bearer")
                }
            }
        }
    }

    @Test("the check itself finds violations")
    func checkFindsViolations() throws {
        let document = try OpenAPIDocument(Data(PackageResources.openapi_json))
        func violations(_ body: String) -> [String] {
            document.violations(
                path: "/api/admin/jobs/stuck",
                method: "GET",
                status: 200,
                contentType: "application/json",
                body: Data(body.utf8)
            )
        }
        #expect(violations(#"{"totalFound":0,"jobs":[]}"#) == [])
        for wrong in [
            #"{"jobs":[]}"#, #"{"totalFound":-1,"jobs":[]}"#, #"{"totalFound":true,"jobs":[]}"#, "[]", "x",
            #"{"totalFound":0,"jobs":[],"other":1}"#, #"{"totalFound":1,"jobs":[{}]}"#,
        ] {
            #expect(!violations(wrong).isEmpty, "\(wrong)")
        }
    }
}
