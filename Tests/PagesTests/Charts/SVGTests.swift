import Testing

@testable import UnstickPages

@Suite("SVG text")
struct SVGTests {
    @Test(
        "are escaped, without characters that XML or the reader cannot handle",
        arguments: [
            ("report", "report"), ("a<b>&\"'c", "a&lt;b&gt;&amp;&quot;&#39;c"), ("", ""), ("&amp;", "&amp;amp;"),
            ("a\u{0}b\u{7}c\nd\te\u{7F}f\u{85}g", "abcdefg"), ("a\u{202E}b\u{2066}c\u{200F}d", "abcd"),
            ("a\u{2028}b\u{FFFE}c\u{FFFF}d\u{FEFF}e", "abcde"), ("Zahlung €\u{1F4B6}", "Zahlung €\u{1F4B6}"),
            ("می\u{200C}خواهم", "می\u{200C}خواهم"), ("a\r\nb", "ab"), ("]]>", "]]&gt;"),
        ]
    )
    func escaping(text: String, escaped: String) {
        #expect(text.escapedForXML == escaped)
    }

    @Test(
        "are cut to a width",
        arguments: [
            ("12345", "12345"), ("123456", "1234…"), ("", ""), ("\u{7}12345\u{7}", "12345"),
            ("1\n2\n3\n4\n5\n", "12345"), ("ééééé", "ééééé"), ("e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}", "ééééé"),
        ]
    )
    func cutting(text: String, cut: String) {
        #expect(text.cut(to: 5) == cut)
    }

    @Test("are cut to a size, however many marks a character has")
    func marks() {
        let text = "a" + String(repeating: "\u{301}", count: 100_000)
        #expect(text.cut(to: 5).unicodeScalars.count <= 11)
        #expect(text.cut(to: 5).hasSuffix("…"))
        #expect(String(repeating: "\u{0}", count: 100_000).cut(to: 5).isEmpty)
    }

    @Test(
        "start ids only with allowed characters",
        arguments: [
            ("ages-3", "ages-3"), ("", "chart"), ("7_days", "chart7_days"), ("\"><script>", "script"),
            ("-a", "chart-a"), ("é ü", "chart"), ("a b\u{0}c", "abc"),
            ("abcdefghijklmnopqrstuvwxyz", "abcdefghijklmnopqrstuvwx"),
        ]
    )
    func ids(text: String, id: String) {
        #expect(text.sanitizedForID == id)
    }

    @Test(
        "write numbers with a point and two decimals at most",
        arguments: [
            (0, "0"), (-0.0, "0"), (12, "12"), (12.5, "12.5"), (12.25, "12.25"), (12.04, "12.04"), (12.006, "12.01"),
            (-0.5, "-0.5"), (-3, "-3"), (0.001, "0"), (-0.001, "0"), (99.999, "100"), (1e300, "1000000000"),
            (.infinity, "0"), (.nan, "0"),
        ]
    )
    func numbers(number: Double, text: String) {
        #expect(SVG.text(of: number) == text)
    }

    @Test("have elements with attributes in their order, and none without a value")
    func elements() {
        var svg = SVG()
        svg.element("g", ["class": "a\"b", "x": 1, "y": .number(0.5), "mask": nil]) { svg in
            svg.element("path", ["d": "M0 0"])
            svg.element("text", [:], text: "<&>")
        }
        #expect(svg.text == #"<g class="a&quot;b" x="1" y="0.5"><path d="M0 0"/><text>&lt;&amp;&gt;</text></g>"#)
    }

    @Test("have paths of lines, dots and rectangles that have an area")
    func paths() {
        var path = SVGPath()
        path.rectangle(1, 2, width: 3, height: 0)
        path.rectangle(1, 2, width: -3, height: 4)
        #expect(path.data.isEmpty)
        path.move(to: 0.5, 1)
        path.line(to: 2, 3)
        path.horizontal(to: 4)
        path.vertical(to: 5)
        path.dot(at: 6, 7)
        path.rectangle(1, 2, width: 3, height: 4)
        path.close()
        #expect(path.data == "M0.5 1L2 3H4V5M6 7h0M1 2h3v4h-3z")
    }
}
