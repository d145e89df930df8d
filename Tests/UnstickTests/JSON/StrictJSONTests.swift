import Foundation
import Testing
import Unstick

@Suite("JSON from outside")
struct StrictJSONTests {
    private func read(_ text: String) throws -> [ExactText: JSONValue] { try StrictJSON.object(Array(text.utf8)) }

    @Test("every kind of value is read correctly")
    func values() throws {
        let read = try self.read(
            """
            { "a" : null, "b": true,"c":false ,\t"d":-0, "e": 12.5,"f":"x","g":[1,[ ],"y"],
            "h":{"i":{}},"j":9007199254740993,"k":1e2,"l":-1.5E-1,"m":9223372036854775808}\r\n
            """
        )
        #expect(
            read == [
                "a": .null, "b": .flag(true), "c": .flag(false), "d": .integer(0), "e": .number("12.5"),
                "f": .text("x"),
                "g": .list([.integer(1), .list([]), .text("y")]), "h": .object(["i": .object([:])]),
                "j": .integer(9_007_199_254_740_993), "k": .number("1e2"), "l": .number("-1.5E-1"),
                "m": .number("9223372036854775808"),
            ]
        )
    }

    @Test("escapes are read as their characters")
    func escapes() throws {
        #expect(
            try self.read(#"{"\u0061":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é😀\u0001"}"#)
                == ["a": .text("\"\\/\u{8}\u{c}\n\r\té😀é😀\u{1}")]
        )
    }

    @Test("two members of one name are refused, however the name is written, at any depth")
    func duplicates() {
        for text in [
            #"{"a":1,"a":1}"#, #"{"a":1,"\u0061":2}"#, #"{"b":{"a":1,"a":2}}"#, #"{"b":[{"a":1,"c":2,"a":3}]}"#,
            #"{"\u00e9":1,"é":2}"#,
        ] {
            #expect(throws: InvalidJSON.self, "\(text)") { try self.read(text) }
        }
    }

    @Test("names are compared by their bytes, as in every other reader")
    func exactNames() throws {
        let read = try self.read(#"{"\u00e9":1,"e\u0301":2}"#)
        #expect(read["\u{e9}"] == .integer(1) && read["e\u{301}"] == .integer(2))
    }

    @Test(
        "errors have their place",
        arguments: [
            (#"{"dryRun":false,"dryRun":true}"#, "/dryRun", "The name 'dryRun' is repeated."),
            (#"{"a":[1,{"b":{"c":1,"c":2}}]}"#, "/a/1/b/c", "The name 'c' is repeated."),
            (#"{"dryRun":true,}"#, "", "A '\"' is expected, at byte 16."),
            (#"{"a/b~":[1,2,]}"#, "/a~1b~0/2", "A value is expected, at byte 14."),
            (#"{"a":"x\u0000"}"#, "/a", JSONValue.BadText.nul.rawValue),
            (#"{"a":["\ud800x"]}"#, "/a/0", JSONValue.BadText.surrogate.rawValue),
            ("\u{feff}{}", "", "It begins with a byte order mark. Send UTF-8 without one."),
        ]
    )
    func places(_ text: String, _ pointer: String, _ reason: String) throws {
        let error = #expect(throws: InvalidJSON.self) { try StrictJSON.value(Array(text.utf8)) }
        #expect(error?.pointer == pointer && error?.reason == reason)
    }

    @Test(
        "UTF-16 and UTF-32 are refused by name",
        arguments: [String.Encoding.utf16, .utf16BigEndian, .utf32]
    )
    func otherEncodings(_ encoding: String.Encoding) throws {
        let bytes = Array(try #require(#"{"dryRun":true}"#.data(using: encoding)))
        let error = #expect(throws: InvalidJSON.self) { try StrictJSON.object(bytes) }
        #expect(error?.reason == "It is UTF-16 or UTF-32. Send UTF-8.")
    }

    @Test("a text that cannot be stored is left to the reader of its field")
    func badTexts() throws {
        let text = #"{"a":"x\u0000","b":["\udc00","y"],"c":"\ud800\ud83d\ude00"}"#
        let document = try StrictJSON.document(Array(text.utf8))
        #expect(
            document.members == [
                "a": .badText(.nul), "b": .list([.badText(.surrogate), .text("y")]), "c": .badText(.surrogate),
            ]
        )
    }

    @Test("JSON that is no object is refused as such")
    func notAnObject() {
        let error = #expect(throws: InvalidJSON.self) { try self.read("[]") }
        #expect(error?.pointer == "" && error?.reason == "It must be one JSON object.")
    }

    @Test("a member can be kept as it was written")
    func sources() throws {
        let payload = #"{ "z":12345678901234567890, "a":1.0,"e":1E+2 ,"s":"\u00e9\/"}"#
        let document = try StrictJSON.document(
            Array(#"{"payload":\#(payload) ,"b":{"payload":1}}"#.utf8),
            keeping: ["payload"]
        )
        #expect(document.sources == ["payload": payload])
    }

    @Test(
        "anything but one object in UTF-8 is refused",
        arguments: [
            "", " ", "[]", "1", "null", "{", "}", "{}{}", "{} x", "{,}", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{a:1}"#,
            #"{'a':1}"#, #"{"a":[1,]}"#, #"{"a":[1 2]}"#, #"{"a":01}"#, #"{"a":+1}"#, #"{"a":1.}"#, #"{"a":.5}"#,
            #"{"a":1e}"#, #"{"a":-}"#, #"{"a":0x1}"#, #"{"a":NaN}"#, #"{"a":1e999}"#, #"{"a":tru}"#, #"{"a":trueX}"#,
            #"{"a":"x}"#, #"{"a":"\x"}"#, #"{"a":"\u12g4"}"#, #"{"a":"\u123"}"#,
            "{\"a\":\"\n\"}", "\u{feff}{}", "{\u{a0}}", #"{"a":1/**/}"#,
        ]
    )
    func invalid(_ text: String) {
        #expect(throws: InvalidJSON.self) { try self.read(text) }
    }

    @Test("bytes that are not UTF-8 are refused")
    func encoding() {
        for bytes: [UInt8] in [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xc3]] {
            let document = Array(#"{"a":""#.utf8) + bytes + Array(#""}"#.utf8)
            #expect(throws: InvalidJSON.self) { try StrictJSON.object(document) }
        }
    }

    @Test("a number can be required without an exponent, at the outermost level")
    func exponents() throws {
        func read(_ text: String) throws -> [ExactText: JSONValue] {
            try StrictJSON.object(Array(text.utf8), plainNumbers: ["exp"])
        }
        for text in [#"{"exp":1e9}"#, #"{"exp":1.8E+9}"#, #"{"a":1,"exp":18e-1}"#, #"{"exp":[1e1]}"#] {
            #expect(throws: InvalidJSON.self, "\(text)") { try read(text) }
        }
        for text in [#"{"exp":1,"a":1e9}"#, #"{"a":1e9,"exp":1.5}"#, #"{"a":{"exp":1e9}}"#] {
            #expect(throws: Never.self, "\(text)") { try read(text) }
        }
    }

    @Test("nesting ends at 64 levels, and 10,000 do no harm")
    func depth() throws {
        func nested(_ levels: Int, _ open: String, _ close: String) -> String {
            #"{"a":"# + String(repeating: open, count: levels - 1) + "1" + String(repeating: close, count: levels - 1)
                + "}"
        }
        #expect(try self.read(nested(64, "[", "]")).count == 1)
        #expect(try self.read(nested(64, #"{"b":"#, "}")).count == 1)
        for levels in [65, 512, 10_000, 100_000] {
            #expect(throws: InvalidJSON.self) { try self.read(nested(levels, "[", "]")) }
            #expect(throws: InvalidJSON.self) { try self.read(nested(levels, #"{"b":"#, "}")) }
            #expect(throws: InvalidJSON.self) { try self.read(#"{"a":"# + String(repeating: "[", count: levels)) }
        }
    }

    @Test("a stored document that is nested too deeply is shown as a text, and not parsed")
    func deepStored() throws {
        struct Shown: Encodable { let payload: JSONText }
        let deep = String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000)
        #expect(try JSONOutput.text(of: Shown(payload: JSONText(deep))) == #"{"payload":"\#(deep)"}"#)
        let edge = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        #expect(try JSONOutput.text(of: Shown(payload: JSONText(edge))) == #"{"payload":\#(edge)}"#)
    }

    @Test("stored JSON is written as JSON, in one line")
    func storedText() throws {
        struct Shown: Encodable {
            let z: JSONText
            let a: [JSONText]
            let b: String
        }
        let shown = Shown(
            z: JSONText("{\n  \"z\": 12345678901234567890,\t\"a\": 1.0, \"e\": 1E+2, \"s\": \" \\\" \\\\\" }"),
            a: [JSONText("no JSON"), JSONText("[ 1 , 2 ]")],
            b: "json:"
        )
        #expect(
            try JSONOutput.text(of: shown)
                == #"{"a":["no JSON",[1,2]],"b":"json:","z":{"z":12345678901234567890,"a":1.0,"e":1E+2,"s":" \" \\"}}"#
        )
        // An encoder that accepts no ready JSON writes the same values.
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        #expect(
            String(decoding: try encoder.encode(JSONText(#"{"b":[1,true,null,"x"],"a":0.5}"#)), as: UTF8.self)
                == #"{"a":0.5,"b":[1,true,null,"x"]}"#
        )
    }

    @Test("two payloads are equal by their values, and the digits of numbers count")
    func same() {
        #expect(JSONText.areSame(#"{"a":1,"b":[1,2]}"#, #"{ "b": [1, 2], "a": 1 }"#))
        #expect(JSONText.areSame(nil, nil) && JSONText.areSame("not JSON", "not JSON"))
        #expect(!JSONText.areSame(#"{"a":12345678901234567890}"#, #"{"a":12345678901234567891}"#))
        #expect(!JSONText.areSame("[1,2]", "[2,1]") && !JSONText.areSame("1", nil))
        #expect(!JSONText.areSame(#"{"a":"\u00e9"}"#, #"{"a":"e\u0301"}"#))
    }
}
