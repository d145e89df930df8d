import Testing
import Unstick

@Suite("Text from outside")
struct OutsideTextTests {
    private static let family = "👨‍👩‍👧‍👦"

    @Test("a text is cut by its bytes, at the end of a character")
    func cut() {
        #expect("abc".cut(toBytes: 3) == "abc" && "abcd".cut(toBytes: 3) == "abc" && "".cut(toBytes: 0) == "")
        #expect("aéb".cut(toBytes: 2) == "a" && "aéb".cut(toBytes: 3) == "aé")
        #expect("xe\u{301}".cut(toBytes: 2).utf8.elementsEqual("x".utf8))
        let families = String(repeating: Self.family, count: 60)
        #expect(Self.family.utf8.count == 25)
        #expect(families.cut(toBytes: 200) == String(repeating: Self.family, count: 8))
        #expect(families.cut(toBytes: 199) == String(repeating: Self.family, count: 7))
    }

    @Test("a character that does not fit is cut between its scalars, never within one")
    func largeCharacter() {
        let tower = "a" + String(repeating: "\u{301}", count: 500)
        #expect(tower.count == 1)
        let cut = tower.cut(toBytes: 200)
        #expect(cut.utf8.count == 199 && cut.unicodeScalars.first == "a")
        #expect(Self.family.cut(toBytes: 10).utf8.count <= 10 && !Self.family.cut(toBytes: 10).isEmpty)
        #expect(Self.family.cut(toBytes: 3).isEmpty)
    }

    @Test("a text that no caller can correct is changed so that it can be stored")
    func storable() {
        #expect("a\0b".storable(inBytes: 10) == "a\u{fffd}b" && "a\0b".storable(inBytes: 4) == "a\u{fffd}")
        #expect("ab".storable(inBytes: 1) == "a")
    }

    @Test("a text for people may have anything but a NUL, up to its limit")
    func texts() throws {
        try Limits.checkText("two\nlines \u{1b}", "message")
        try Limits.checkText(String(repeating: "x", count: Limits.noteBytes), "message")
        for text in ["\0", "a\0", String(repeating: "é", count: Limits.noteBytes / 2) + "x"] {
            let error = #expect(throws: UnstickError.self) { try Limits.checkText(text, "message") }
            #expect(error?.code == .invalidArgument)
        }
    }

    @Test("ids whose URL belongs to something else are refused when they are new")
    func reserved() throws {
        for id in [".", ".."] + ReservedIDs.jobWords {
            let error = #expect(throws: UnstickError.self) { try Limits.checkNewJobID(id) }
            #expect(error?.code == .invalidArgument && error?.message.contains("'\(id)'") == true)
            try Limits.checkID(id, "job id")
        }
        for id in [".", ".."] {
            #expect(throws: UnstickError.self) { try Limits.checkNewID(id, "user id") }
        }
        for id in ["...", ".a", "Claim", "claims", "stuck-1", "a/../b"] { try Limits.checkNewJobID(id) }
        try Limits.checkNewID("claim", "user id")
    }

    @Test("every text of a new job is checked")
    func newJob() throws {
        func job(_ change: (inout NewJob) -> Void) throws {
            var job = NewJob(id: "a", userID: "u", kind: "k", tier: "t", tokensCost: 1, payload: "{}")
            change(&job)
            try job.validate()
        }
        try job { $0.payload = #"{"a":12345678901234567890}"# }
        let deep = String(repeating: "[", count: 65) + String(repeating: "]", count: 65)
        let wrong: [(inout NewJob) -> Void] = [
            { $0.id = "a\0" }, { $0.id = ".." }, { $0.id = "claim" }, { $0.userID = "." }, { $0.userID = "a\nb" },
            { $0.kind = "" }, { $0.tier = "\0" }, { $0.idempotencyKey = "\0" }, { $0.payload = "no JSON" },
            { $0.payload = #"{"a":"\u0000"}"# }, { $0.payload = #"{"a":"\ud800"}"# },
            { $0.payload = #"{"a":1,"a":2}"# },
            { $0.payload = deep },
        ]
        for change in wrong {
            let error = #expect(throws: UnstickError.self) { try job(change) }
            #expect(error?.code == .invalidArgument)
        }
    }
}
