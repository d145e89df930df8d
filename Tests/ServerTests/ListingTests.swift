import Foundation
import Testing
import Unstick

@testable import UnstickServer

@Suite("API lists")
struct ListingTests {
    @Test("stuck jobs, with the count of all of them")
    func stuck() async throws {
        try await APIHarness.run { api in
            try await api.addStuck(4)
            let reply = try await api.get("/api/admin/jobs/stuck?limit=3")
            #expect(reply.status == 200 && reply.json["totalFound"] as? Int == 4)
            let jobs = try #require(reply.json["jobs"] as? [[String: Any]])
            #expect(jobs.map { $0["id"] as? String } == ["ada-3", "ada-2", "ada-1"])
            #expect((jobs[0]["stuckForMs"] as? Int ?? 0) >= 603_000 && jobs[0]["tier"] is NSNull)
            #expect(try await api.get("/api/admin/jobs/stuck?timeoutMs=3600000").json["totalFound"] as? Int == 0)
        }
    }

    @Test("jobs page by page, each once, newest first, by status, user and kind")
    func jobs() async throws {
        try await APIHarness.run { api in
            try await api.addStuck(5)
            try await api.addStuck(6, user: "o'brien & söhne")
            var seen: [String] = []
            var cursor = ""
            repeat {
                let page = try await api.get("/api/admin/jobs?limit=4" + cursor)
                #expect(page.status == 200)
                seen += (page.json["jobs"] as? [[String: Any]] ?? []).compactMap { $0["id"] as? String }
                cursor = (page.json["nextCursor"] as? String).map { "&cursor=" + $0 } ?? ""
            } while !cursor.isEmpty && seen.count < 100
            #expect(seen.count == 11 && Set(seen).count == 11)
            _ = try await api.cleanUp(#"{"batchSize": 3}"#)
            func count(_ query: String) async throws -> Int? {
                (try await api.get("/api/admin/jobs?" + query).json["jobs"] as? [Any])?.count
            }
            #expect(try await count("status=FAILED") == 3)
            #expect(try await count("userId=ada") == 5)
            let failed = try #require(try await count("userId=ada&status=FAILED"))
            #expect(try await count("userId=ada&status=PROCESSING&kind=image") == 5 - failed)
            #expect(try await count("userId=o%27brien%20%26%20s%C3%B6hne") == 6)
            #expect(try await count("kind=video") == 0)
        }
    }

    @Test("one job by its id, with any characters")
    func job() async throws {
        try await APIHarness.run { api in
            try await api.addStuck(1, user: "a/b c%")
            let reply = try await api.get("/api/admin/jobs/a%2Fb%20c%25-0")
            #expect(reply.status == 200 && reply.json["id"] as? String == "a/b c%-0")
            #expect(reply.json["status"] as? String == "PROCESSING" && reply.json["errorMessage"] is NSNull)
            let missing = try await api.get("/api/admin/jobs/nope")
            #expect(missing.status == 404 && missing.json["code"] as? String == "not_found")
        }
    }

    @Test("runs, and one run with its jobs page by page")
    func runs() async throws {
        try await APIHarness.run { api in
            try await api.addStuck(3)
            _ = try await api.cleanUp(#"{"dryRun": true}"#)
            _ = try await api.cleanUp()
            let first = try await api.get("/api/admin/cleanup/runs?limit=1")
            let run = try #require((first.json["runs"] as? [[String: Any]])?.first)
            #expect(run["dryRun"] as? Bool == false && run["cleanedUp"] as? Int == 3)
            let next = try #require(first.json["nextCursor"] as? String)
            let second = try await api.get("/api/admin/cleanup/runs?limit=1&cursor=\(next)")
            #expect((second.json["runs"] as? [[String: Any]])?.first?["dryRun"] as? Bool == true)
            let id = try #require(run["id"] as? String)
            let detail = try await api.get("/api/admin/cleanup/runs/\(id)?limit=2")
            #expect((detail.json["jobs"] as? [Any])?.count == 2)
            let place = try #require(detail.json["nextCursor"] as? String)
            let rest = try await api.get("/api/admin/cleanup/runs/\(id)?limit=2&cursor=\(place)")
            #expect((rest.json["jobs"] as? [[String: Any]])?.map { $0["position"] as? Int } == [3])
            #expect(try await api.get("/api/admin/cleanup/runs/nope").status == 404)
        }
    }

    @Test("a user's tokens, page by page; an unknown user has none")
    func tokens() async throws {
        try await APIHarness.run { api in
            try await api.addStuck(2)
            _ = try await api.cleanUp()
            let reply = try await api.get("/api/admin/users/ada/tokens?limit=2")
            #expect(reply.json["balance"] as? Int == 18)
            let stats = try #require(reply.json["stats"] as? [String: Any])
            #expect(stats["spent"] as? Int == 18 && stats["refunded"] as? Int == 18 && stats["net"] as? Int == 0)
            let lines = try #require(reply.json["transactions"] as? [[String: Any]])
            #expect(lines.map { $0["type"] as? String } == ["REFUND", "REFUND"])
            #expect((lines[0]["metadata"] as? [String: Any])?["reason"] as? String != nil)
            let next = try #require(reply.json["nextCursor"] as? String)
            let rest = try await api.get("/api/admin/users/ada/tokens?limit=5&cursor=\(next)")
            #expect((rest.json["transactions"] as? [Any])?.count == 3 && rest.json["nextCursor"] == nil)
            let nobody = try await api.get("/api/admin/users/nobody/tokens")
            #expect(nobody.status == 200 && nobody.json["balance"] as? Int == 0)
        }
    }

    @Test(
        "an invalid parameter is 400 and named",
        arguments: [
            ("/api/admin/jobs?limit=0", "limit"), ("/api/admin/jobs?limit=501", "limit"),
            ("/api/admin/jobs?limit=x", "limit"), ("/api/admin/jobs?limt=5", "limt"),
            ("/api/admin/jobs?status=DONE", "status"), ("/api/admin/jobs/stuck?timeoutMs=0", "timeoutMs"),
            ("/api/admin/cleanup/runs/x?cursor=-1", "cursor"), ("/api/admin/users/ada/tokens?cursor=0", "cursor"),
            ("/api/admin/jobs?userId=", "userId"),
        ]
    )
    func badParameters(path: String, parameter: String) async throws {
        try await APIHarness.run { api in
            let reply = try await api.get(path)
            #expect(reply.status == 400)
            #expect((reply.json["errors"] as? [[String: Any]])?.first?["parameter"] as? String == parameter)
        }
    }

    @Test("a cursor that no page returned is 400", arguments: ["x", "!!", "MTIz", "%00"])
    func badCursor(cursor: String) async throws {
        try await APIHarness.run { api in
            let reply = try await api.get("/api/admin/jobs?cursor=\(cursor)")
            #expect(reply.status == 400)
        }
    }
}
