import Foundation
import Testing
import Unstick

@testable import UnstickServer

@Suite("JSON of tokens and keys")
struct StrictJSONTests {
    private func read(_ text: String) throws -> [String: JSONValue] { try StrictJSON.object(Array(text.utf8)) }

    @Test("every kind of value is read as what it is")
    func values() throws {
        let read = try self.read(
            """
            { "a" : null, "b": true,"c":false ,\t"d":-0, "e": 12.5,"f":"x","g":[1,[ ],"y"],
            "h":{"i":{}},"j":9007199254740993,"k":1e2,"l":-1.5E-1,"m":9223372036854775808}\r\n
            """
        )
        #expect(
            read == [
                "a": .null, "b": .flag(true), "c": .flag(false), "d": .integer(0), "e": .number(12.5), "f": .text("x"),
                "g": .list([.integer(1), .list([]), .text("y")]), "h": .object(["i": .object([:])]),
                "j": .integer(9_007_199_254_740_993), "k": .number(100), "l": .number(-0.15),
                "m": .number(9_223_372_036_854_775_808),
            ]
        )
    }

    @Test("escapes stand for the characters that they stand for")
    func escapes() throws {
        #expect(
            try self.read(#"{"\u0061":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é😀\u0000"}"#)
                == ["a": .text("\"\\/\u{8}\u{c}\n\r\té😀é😀\0")]
        )
    }

    @Test("two members of one name are refused, however the name is written, at any depth")
    func duplicates() {
        for text in [
            #"{"a":1,"a":1}"#, #"{"a":1,"\u0061":2}"#, #"{"b":{"a":1,"a":2}}"#, #"{"b":[{"a":1,"c":2,"a":3}]}"#,
            #"{"é":1,"e\u0301":2}"#,
        ] {
            #expect(throws: InvalidJSON.self, "\(text)") { try self.read(text) }
        }
    }

    @Test(
        "anything else than one object in UTF-8 is refused",
        arguments: [
            "", " ", "[]", "1", "null", "{", "}", "{}{}", "{} x", "{,}", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{a:1}"#,
            #"{'a':1}"#, #"{"a":[1,]}"#, #"{"a":[1 2]}"#, #"{"a":01}"#, #"{"a":+1}"#, #"{"a":1.}"#, #"{"a":.5}"#,
            #"{"a":1e}"#, #"{"a":-}"#, #"{"a":0x1}"#, #"{"a":NaN}"#, #"{"a":1e999}"#, #"{"a":tru}"#, #"{"a":trueX}"#,
            #"{"a":"x}"#, #"{"a":"\x"}"#, #"{"a":"\u12g4"}"#, #"{"a":"\u123"}"#, #"{"a":"\ud800"}"#,
            #"{"a":"\ud800\u0041"}"#, #"{"a":"\udc00"}"#, "{\"a\":\"\n\"}", "\u{feff}{}", "{\u{a0}}", #"{"a":1/**/}"#,
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

    @Test("a number may be wanted without an exponent, at the outermost level")
    func exponents() throws {
        func read(_ text: String) throws -> [String: JSONValue] {
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

    @Test("Foundation's decoder, which reads what others send, ends at 512 levels without harm")
    func foundation() throws {
        func nested(_ levels: Int) -> Data {
            Data((String(repeating: "[", count: levels) + String(repeating: "]", count: levels)).utf8)
        }
        #expect(try JSONDecoder().decode(JSONValue.self, from: nested(500)) != .null)
        #expect(throws: (any Error).self) { try JSONDecoder().decode(JSONValue.self, from: nested(10_000)) }
    }
}
