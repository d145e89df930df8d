import Foundation
import HTTPTypes
import TestSupport
import Testing
import Unstick
import UnstickSQLite

@testable import UnstickServer

@Suite("Strict request bodies")
struct StrictBodyTests {
    private func funded(_ body: @escaping @Sendable (APIHarness) async throws -> Void) async throws {
        try await APIHarness.run { api in
            try await TokenBalanceManager(store: api.store).addTokens(100, to: "ada")
            try await body(api)
        }
    }

    @Test(
        "an ambiguous body does not run anything",
        arguments: [
            (#"{"dryRun":false,"dryRun":true}"#, "/dryRun"), (#"{"dryRun":true,"dry\u0052un":false}"#, "/dryRun"),
            (#"{"dryRun":true,}"#, ""), ("\u{feff}{\"dryRun\":true}", ""), (#"{"dryRun":true}{}"#, ""),
            (#"{"batchSize":1e1}"#, "/batchSize"), (#"{"batchSize":10.0}"#, "/batchSize"),
        ]
    )
    func twoWays(_ body: String, _ pointer: String) async throws {
        try await APIHarness.run { api in
            try await api.addStuck(1)
            let reply = try await api.cleanUp(body)
            #expect(reply.status == 400 && reply.pointer == pointer, "\(reply.text)")
            #expect(try await api.store.job("ada-0")?.status == .processing)
        }
    }

    @Test("UTF-16 is refused")
    func utf16() async throws {
        try await APIHarness.run { api in
            try await api.addStuck(1)
            for encoding: String.Encoding in [.utf16LittleEndian, .utf16BigEndian, .utf16, .utf32] {
                let reply = try await api.ask(
                    .post,
                    "/api/admin/jobs/cleanup",
                    token: api.adminToken,
                    body: #"{"dryRun":false}"#.data(using: encoding),
                    type: "application/json"
                )
                #expect(reply.status == 400 && reply.pointer == "" && reply.text.contains("UTF-16"))
            }
            #expect(try await api.store.job("ada-0")?.status == .processing)
        }
    }

    @Test("a payload is stored as the text that it is", arguments: [false, true])
    func payload(hasSpace: Bool) async throws {
        try await self.funded { api in
            let compact =
                #"{"z":12345678901234567890,"a":1.0,"e":1E+2,"n":-0,"s":"\u00e9\/ \" x","d":{"\#u{e9}":1,"e\#u{301}":2}}"#
            let sent = hasSpace ? compact.replacing(",", with: " ,\n\t") : compact
            let body = #"{"id":"bn","userId":"ada","kind":"k","tokensCost":1,"payload":\#(sent)}"#
            let created = try await api.post("/api/jobs", body)
            #expect(created.status == 201 && created.text.contains("\"payload\":\(compact)"), "\(created.text)")
            #expect(created.text.utf8.allSatisfy { $0 != 0x0a })
            #expect(try await api.store.job("bn")?.payload == sent)
            let shown = try await api.get("/api/admin/jobs")
            #expect(shown.text.contains("\"payload\":\(compact)"))
            // The same job with its payload in another order is the same job; with another number it is not.
            let turned = #"{"a":1.0,"z":12345678901234567890,"#
            let again = compact.replacing(#"{"z":12345678901234567890,"a":1.0,"#, with: turned)
            #expect(again != compact)
            #expect(try await api.post("/api/jobs", body.replacing(sent, with: again)).status == 200)
            let other = try await api.post(
                "/api/jobs",
                body.replacing("12345678901234567890", with: "12345678901234567891")
            )
            #expect(other.status == 422)
        }
    }

    @Test("invalid payloads are refused with the place")
    func badPayload() async throws {
        try await self.funded { api in
            for (payload, pointer) in [
                (#"{"a":[1,"x\u0000"]}"#, "/payload/a/1"), (#"{"a/b":"\ud800"}"#, "/payload/a~1b"),
                (#"{"a":{"b":1,"b":2}}"#, "/payload/a/b"), (#"{"a":[1,]}"#, "/payload/a/1"), (#""\udc00""#, "/payload"),
            ] {
                let reply = try await api.post(
                    "/api/jobs",
                    #"{"id":"p","userId":"ada","kind":"k","tokensCost":1,"payload":\#(payload)}"#
                )
                #expect(reply.status == 400 && reply.pointer == pointer, "\(payload): \(reply.text)")
            }
            #expect(try await api.store.balance(of: "ada") == 100)
        }
    }

    @Test("deep nesting is refused at once", arguments: [65, 505, 30_000])
    func deep(levels: Int) async throws {
        try await self.funded { api in
            let deep = String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
            let body = #"{"id":"deep","userId":"ada","kind":"k","tokensCost":1,"payload":\#(deep)}"#
            let reply = try await api.post("/api/jobs", body)
            #expect(reply.status == 400 && reply.text.contains("nested deeper than 64"), "\(reply.text.prefix(300))")
            #expect(reply.body.count < 10_000)
            for path in ["/api/jobs/heartbeats", "/api/jobs/x/fail"] {
                #expect(try await api.post(path, #"{"beats":\#(deep)}"#, token: api.workerToken).status == 400)
            }
        }
    }

    @Test("one bad entry of a batch does not affect the others")
    func batches() async throws {
        try await APIHarness.run { api in
            try await api.addStuck(4)
            let beats = #"""
                {"beats":[{"id":"ada-0","attempt":1},{"id":"ada-1","attempt":1,"message":"step\u00001"},
                {"id":"ada-2","attempt":1,"message":"\ud83d"},{"id":"ada-3"},7,{"attempt":1},{"id":"ada-3","attempt":1},
                {"id":"ada-3","attempt":1,"message":"again"},{"id":"ada-3","attempt":2},{"id":"none","attempt":1,"x":1}]}
                """#
            let reply = try await api.post("/api/jobs/heartbeats", beats, token: api.workerToken)
            let results = try #require(reply.json["results"] as? [[String: Any]])
            #expect(
                results.map { $0["ok"] as? Bool } == [
                    true, false, false, false, false, false, true, true, false, false,
                ]
            )
            #expect(
                results[8]["reason"] as? String == "already_running"
                    || results[8]["reason"] as? String == "attempt_lost"
            )
            let pointers = results.map { ($0["errors"] as? [[String: Any]])?.first?["pointer"] as? String }
            #expect(
                pointers == [
                    nil, "/beats/1/message", "/beats/2/message", "/beats/3/attempt", "/beats/4", "/beats/5/id", nil,
                    nil,
                    nil, "/beats/9/x",
                ]
            )
            #expect(results.map { $0["id"] as? String }[1...5] == ["ada-1", "ada-2", "ada-3", nil, nil])
            #expect(try await api.store.lease(of: "ada-3")?.message == "again")

            let completions = #"""
                {"completions":[{"id":"ada-0","attempt":1},{"id":"ada-1","attempt":"1"},{"id":"ada-1","attempt":2},
                {"id":"ada-1","attempt":1,"tokensUsed":1},{"id":"\u0000","attempt":1},{"id":"ada-2","attempt":1}]}
                """#
            let ended = try await api.post("/api/jobs/completions", completions, token: api.workerToken)
            let outcomes = try #require(ended.json["results"] as? [[String: Any]])
            #expect(outcomes.map { $0["ok"] as? Bool } == [true, false, false, false, false, true])
            #expect(try await api.store.job("ada-0")?.status == .completed)
            #expect(try await api.store.job("ada-1")?.status == .processing)
            #expect(try await api.store.job("ada-2")?.status == .completed)
        }
    }

    @Test("an id whose URL belongs to something else is refused when it is new, with the reason")
    func reserved() async throws {
        try await self.funded { api in
            for id in [".", ".."] + ReservedIDs.jobWords {
                let reply = try await api.post(
                    "/api/jobs",
                    #"{"id":"\#(id)","userId":"ada","kind":"k","tokensCost":1}"#
                )
                #expect(reply.status == 400 && reply.pointer == "/id" && reply.text.contains("could not be requested"))
            }
            let user = try await api.post("/api/jobs", #"{"id":"a","userId":"..","kind":"k","tokensCost":1}"#)
            #expect(user.status == 400 && user.pointer == "/userId")
            #expect(
                try await api.post("/api/jobs", #"{"id":"...","userId":"ada","kind":"k","tokensCost":1}"#).status == 201
            )
        }
    }

    @Test("the refused ids are the path segments in the place of a job's id, and no others")
    func reservedByRoutes() throws {
        let api = UnstickAPI(store: try SQLiteStore.inMemory(), authenticators: [])
        #expect(RouteWords.beside("{id}", in: api.routes.map(\.path), of: "jobs") == Set(ReservedIDs.jobWords))
        #expect(RouteWords.beside("{id}", in: api.routes.map(\.path), of: "users") == [])
    }

    @Test(
        "a filter that cannot be read, or is repeated, never widens the result",
        arguments: [
            "userId=%00", "userId=a%00b", "userId=%FF", "userId=%ED%A0%80", "userId=a&userId=b", "kind=%", "cursor=%00",
        ]
    )
    func filters(_ query: String) async throws {
        try await APIHarness.run { api in
            let reply = try await api.get("/api/admin/jobs?\(query)")
            #expect(reply.status == 400, "\(reply.text)")
        }
    }
}
