import Foundation
import Testing

@testable import Unstick

@Suite("Ids, keys, guard and texts")
struct DomainTests {
    @Test("random ids are unique UUIDs; time-ordered ones sort by time")
    func ids() {
        let ids = (0..<1000).map { RandomID.timeOrdered(at: Timestamp(milliseconds: 1_795_425_300_000 + $0)) }
        #expect(ids == ids.sorted() && Set(ids).count == 1000)
        #expect(ids.allSatisfy { UUID(uuidString: $0) != nil && $0.dropFirst(14).first == "7" })
        let random = (0..<1000).map { _ in RandomID.uuid() }
        #expect(Set(random).count == 1000)
        #expect(random.allSatisfy { UUID(uuidString: $0) != nil && $0.dropFirst(14).first == "4" })
        #expect(
            random.allSatisfy { "89ab".contains($0[$0.index($0.startIndex, offsetBy: 19)]) && $0 == $0.lowercased() }
        )
    }

    @Test("keys are from the charge, never from the try")
    func keys() {
        #expect(LedgerKey.spend(job: "j", charge: 1) == "spend:j:1")
        #expect(LedgerKey.refund(job: "j", charge: 2) == "refund:j:2")
    }

    @Test("triggers keep their name, and their label has none")
    func triggers() {
        #expect(
            RunTrigger.admin("grace:x").description == "admin:grace:x" && RunTrigger.admin("grace").label == "admin"
        )
        #expect(RunTrigger.scheduler.label == "scheduler" && RunTrigger(stored: "cron") == .cron)
    }

    @Test("a job cursor can be read back from its text, other texts are no cursor")
    func cursors() {
        for id in ["a", "a b", "日本/+=", " "] {
            let place = JobCursor(time: Timestamp(milliseconds: -5), id: id)
            #expect(Cursor.job(Cursor.text(of: place)) == place)
        }
        for text in ["", "%", "MTIz", "IA", String(repeating: "A", count: 999)] { #expect(Cursor.job(text) == nil) }
    }

    @Test("stored JSON is encoded as JSON")
    func jsonText() throws {
        func encoded(_ text: String) throws -> String {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            return String(decoding: try encoder.encode([JSONText(text)]), as: UTF8.self)
        }
        let all = #"{"a":[1,2.5,"x",true,null],"b":{"c":9007199254740991}}"#
        #expect(try encoded(all) == "[\(all)]")
        #expect(try encoded("{broken") == #"["{broken"]"#)
    }

    @Test("a reconciliation has the mismatch, its user and the amount")
    func reconciliation() throws {
        let mismatches = Reconciliation.Check.allCases.map {
            Reconciliation.Mismatch(check: $0, userID: "ada", subject: "job", expected: 8, actual: 0)
        }
        #expect(Set(mismatches.map(\.check.explanation)).count == mismatches.count)
        let found = Reconciliation(users: 1, transactions: 2, mismatchCount: 7, mismatches: mismatches)
        let object = try #require(
            try JSONSerialization.jsonObject(with: JSONEncoder().encode(found)) as? [String: Any]
        )
        #expect(object["clean"] as? Bool == false && object["mismatchCount"] as? Int == 7)
        let first = try #require((object["mismatches"] as? [[String: Any]])?.first)
        #expect(Set(first.keys) == ["check", "explanation", "userId", "subject", "expected", "actual"])
        #expect(first["check"] as? String == "balance_is_sum" && first["expected"] as? Int == 8)
    }

    @Test("an error shows its message, and compares by code and message")
    func errors() {
        let error = UnstickError(.notFound, "There is no job 'x'.")
        #expect("\(error)" == "There is no job 'x'." && error != UnstickError(.conflict, "There is no job 'x'."))
    }
}
