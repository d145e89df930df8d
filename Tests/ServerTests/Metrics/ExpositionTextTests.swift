import Testing

@testable import UnstickServer

@Suite("Prometheus text format")
struct ExpositionTextTests {
    @Test(
        "numbers are written in Go's format",
        arguments: [
            (0, "0"), (-0.0, "0"), (1, "1"), (-3, "-3"), (0.1, "0.1"), (0.005, "0.005"), (1e-5, "1e-05"),
            (1_795_536_000, "1795536000"), (9_007_199_254_740_991, "9007199254740991"), (1e21, "1e+21"),
            (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"),
        ]
    )
    func numbers(value: Double, text: String) {
        #expect(ExpositionText.number(value) == text)
    }

    @Test("label values are escaped, also where a newline follows a carriage return")
    func labels() {
        let labels = [("a", #"C:\dir"#), ("b", "say \"hi\""), ("c", "one\r\ntwo")]
        #expect(ExpositionText.labels(labels) == #"a="C:\\dir",b="say \"hi\"",c="one"# + "\r" + #"\ntwo""#)
    }

    @Test("a help text is escaped, but its quotes are not")
    func help() {
        var text = ExpositionText()
        text.header(MetricFamily(name: "test", kind: .gauge, help: "a \\ \"b\"\nc"))
        #expect(text.text == "# HELP test a \\\\ \"b\"\\nc\n# TYPE test gauge\n")
    }
}
