import Testing
import Unstick

@Suite("Texts compared by their bytes")
struct ExactTextTests {
    private let composed = "ren\u{e9}"
    private let decomposed = "rene\u{301}"

    @Test("two compositions of a letter are two texts")
    func compositions() {
        #expect(self.composed == self.decomposed && !self.composed.isExactly(self.decomposed))
        #expect(self.composed.exact != self.decomposed.exact)
        #expect(Set([self.composed.exact, self.decomposed.exact, self.composed.exact]).count == 2)
        #expect([self.composed, "a", self.decomposed, "a"].distinct.count == 3)
        // U+212A, the kelvin sign, is a K for `==`.
        #expect("\u{212a}" == "K" && "\u{212a}".exact != "K")
    }

    @Test("absent texts are equal to absent ones only")
    func absent() {
        let (none, some): (String?, String?) = (nil, "a")
        #expect(none.isExactly(nil) && some.isExactly("a") && !some.isExactly(nil) && !none.isExactly(""))
    }

    @Test("the order is that of the bytes")
    func order() {
        let texts = ["\u{ff21}", "b", "a\u{301}", "\u{e1}", "\u{1f600}", "a", ""]
        #expect(
            texts.map(\.exact).sorted().map(\.text).map { Array($0.utf8) }
                == texts.map { Array($0.utf8) }.sorted { $0.lexicographicallyPrecedes($1) }
        )
    }

    @Test("a pattern of the policy matches by bytes, as the database compares")
    func patterns() {
        #expect(Pattern("\u{e9}*").matches("\u{e9}clair") && !Pattern("\u{e9}*").matches("e\u{301}clair"))
        #expect(!Pattern("\u{e9}").matches("e\u{301}") && Pattern("e\u{301}").matches("e\u{301}"))
        // A star also matches a combining character after a letter.
        #expect(Pattern("e*").matches("e\u{301}"))
        #expect(Pattern("a*b*c").matches("a-b-b-c") && !Pattern("ab*ba").matches("aba") && Pattern("*").matches(""))
    }
}
