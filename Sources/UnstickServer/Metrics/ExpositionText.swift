/// Text in the exposition format of Prometheus, version 0.0.4.
struct ExpositionText {
    /// What has been written.
    private(set) var text = ""

    /// Writes the header of a family, before its samples.
    mutating func header(_ family: MetricFamily) {
        self.text += "# HELP \(family.name) \(Self.escaped(family.help, quotes: false))\n"
        self.text += "# TYPE \(family.name) \(family.kind.rawValue)\n"
    }

    /// Writes a sample; the labels are already encoded, without braces.
    mutating func sample(_ name: String, labels: String, value: Double) {
        self.text += name
        if !labels.isEmpty {
            self.text += "{\(labels)}"
        }
        self.text += " \(Self.number(value))\n"
    }

    /// The labels of a sample, without braces.
    static func labels(_ labels: some Sequence<(String, String)>) -> String {
        labels.map { name, value in "\(name)=\"\(self.escaped(value, quotes: true))\"" }.joined(separator: ",")
    }

    /// A number in Go's format, whole numbers without a fraction.
    static func number(_ value: Double) -> String {
        if value.isNaN {
            return "NaN"
        }
        if value.isInfinite {
            return value < 0 ? "-Inf" : "+Inf"
        }
        // From here on, a whole number and its neighbour have the same value, so more digits would be wrong.
        let exact = 9_007_199_254_740_992.0
        guard value.magnitude < exact, let whole = Int64(exactly: value) else { return value.description }
        return String(whole)
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var escaped = String.UnicodeScalarView()
        // Not by character: a carriage return with a newline is one, and is not equal to a newline.
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped.append(contentsOf: #"\\"#.unicodeScalars)
            case "\n": escaped.append(contentsOf: #"\n"#.unicodeScalars)
            case "\"" where quotes: escaped.append(contentsOf: #"\""#.unicodeScalars)
            default: escaped.append(scalar)
            }
        }
        return String(escaped)
    }
}
