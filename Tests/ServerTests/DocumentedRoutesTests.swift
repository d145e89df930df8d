import Foundation
import HTTPTypes
import TestSupport
import Testing
import Unstick
import UnstickSQLite

@testable import UnstickServer

@Suite("Documentation of the server")
struct DocumentedRoutesTests {
    @Test("docs/api.md names every route with the roles that may call it, and no other")
    func routes() throws {
        let api = UnstickAPI(store: try SQLiteStore.inMemory(), authenticators: [])
        let expected = Set(api.routes.map { "\($0.method.rawValue) \($0.path): \(Self.callers(of: $0.access))" })
        let rows = Documents.rows(Documents.text("docs/api.md")).filter { $0.count == 3 && $0[0].hasPrefix("`") }
        let documented = rows.map { "\($0[0].trimmingCharacters(in: ["`"])): \($0[2])" }
        #expect(Set(documented).subtracting(expected).sorted() == [], "documented, and not there")
        #expect(expected.subtracting(documented).sorted() == [], "there, and not documented")
        #expect(documented.count == Set(documented).count)
    }

    private static func callers(of access: Route.Access) -> String {
        switch access {
        case .open: return "all"
        case .cron: return "`CRON_SECRET`"
        case .right(let rights):
            return Role.allCases.filter { role in rights.contains { role.has($0) } }.map(\.rawValue)
                .joined(separator: ", ")
        }
    }

    @Test("every path of the API in a document is a route")
    func paths() throws {
        let api = UnstickAPI(store: try SQLiteStore.inMemory(), authenticators: [])
        let known = api.routes.map { $0.path.split(separator: "/").map(String.init) }
        for (name, text) in Documents.all {
            for match in text.matches(of: /\/api\/[A-Za-z0-9_{}\/$.-]+/) {
                let parts = match.output.split(separator: "/").map(String.init)
                // An app's own file: app/api/unstick-token/route.ts
                if parts.last?.hasSuffix(".ts") == true { continue }
                #expect(known.contains { Self.fits($0, parts) }, "\(name): \(match.output)")
            }
        }
    }

    private static func fits(_ route: [String], _ path: [String]) -> Bool {
        route.count == path.count && zip(route, path).allSatisfy { $0 == $1 || $0.hasPrefix("{") }
    }

    @Test("docs/deploy.md lists every metric, and every metric in a document exists")
    func metrics() {
        let families = Set(MetricFamily.unstick.map(\.name))
        let listed = Documents.rows(Documents.text("docs/deploy.md")).flatMap { Documents.code(in: $0[0]) }
            .filter { $0.hasPrefix("unstick_") }
        #expect(families.subtracting(listed).sorted() == [], "not documented")
        let others = ["deploy/prometheus/unstick-alerts.yml", "deploy/grafana/unstick.json"]
        let texts = Documents.all.merging(others.map { ($0, Documents.text($0)) }) { $1 }
        for (name, text) in texts {
            for match in text.matches(of: /\bunstick_[a-z]+_[a-z_]+\b/) {
                let metric = String(match.output).replacing(/_(bucket|sum|count)$/, with: "")
                #expect(
                    families.contains(metric) || families.contains(String(match.output)),
                    "\(name): \(match.output)"
                )
            }
        }
    }

    @Test("docs/sign-in.md describes every role, and a document names no other")
    func roles() {
        let roles = Set(Role.allCases.map(\.rawValue))
        let rows = Documents.rows(Documents.text("docs/sign-in.md"))
        let described = rows.drop { $0 != ["role", "may"] }.dropFirst().prefix {
            $0.count == 2 && $0 != ["setting", ""]
        }
        .filter { roles.contains(Documents.code(in: $0[0]).first ?? "") || $0[1].hasPrefix("a program") }
        #expect(Set(described.flatMap { Documents.code(in: $0[0]) }) == roles)
        for (name, text) in Documents.all {
            for match in text.matches(of: /--role ([a-z]+)|[Rr]oles? `([a-z]+)`/) {
                let role = String(match.output.1 ?? match.output.2 ?? "")
                #expect(roles.contains(role), "\(name): \(match.output.0)")
            }
        }
    }
}
