import Testing
import Unstick

@testable import UnstickServer

@Suite("JSON pointers")
struct JSONPointerTests {
    /// The document of RFC 6901, section 5.
    private static let document = """
        {"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\\\j":5,"k\\"l":6," ":7,"m~n":8}
        """

    private func value(_ pointer: String, in document: String = document) throws -> JSONValue? {
        try JSONPointer(pointer).value(in: .object(StrictJSON.object(Array(document.utf8))))
    }

    @Test("the examples of RFC 6901 give the expected values")
    func examples() throws {
        for (pointer, value) in [
            ("/foo", JSONValue.list([.text("bar"), .text("baz")])), ("/foo/0", .text("bar")), ("/foo/1", .text("baz")),
            ("/", .integer(0)), ("/a~1b", .integer(1)), ("/c%d", .integer(2)), ("/e^f", .integer(3)),
            ("/g|h", .integer(4)), ("/i\\j", .integer(5)), ("/k\"l", .integer(6)), ("/ ", .integer(7)),
            ("/m~0n", .integer(8)),
        ] {
            let found = try self.value(pointer)
            #expect(found == value, "\(pointer)")
        }
        guard case .object(let whole) = try self.value("") else {
            Issue.record("nothing is all of it")
            return
        }
        #expect(whole.count == 10)
    }

    @Test("names of URLs are found, and ~01 is a tilde and a one")
    func urls() throws {
        let document = #"{"https://unstick/roles":["admin"],"~1":"x"}"#
        #expect(try self.value("/https:~1~1unstick~1roles/0", in: document) == .text("admin"))
        #expect(try self.value("/~01", in: document) == .text("x"))
    }

    @Test("a missing place has no value")
    func missing() throws {
        for pointer in [
            "/bar", "/foo/2", "/foo/-", "/foo/-1", "/foo/00", "/foo/01", "/foo/+1", "/foo/1e0", "/foo/", "/foo/0/0",
            "/foo/99999999999999999999", "/a~1b/x", "//",
        ] {
            let found = try self.value(pointer)
            #expect(found == nil, "\(pointer)")
        }
    }

    @Test(
        "a pointer without a slash, or with a tilde alone, is refused",
        arguments: ["role", "a/b", " /a", "/~", "/~2", "/a~", "/~~01"]
    )
    func syntax(_ text: String) throws {
        let error = #expect(throws: UnstickError.self) { try JSONPointer(text) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains("'\(text)'") == true)
    }
}
