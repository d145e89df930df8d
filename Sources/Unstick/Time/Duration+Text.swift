extension Duration {
    /// The duration in whole milliseconds, rounded down.
    package var inMilliseconds: Int {
        let (seconds, attoseconds) = self.components
        return Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
    }

    /// Reads a duration with a unit for each number: `90s`, `5m`, `1h30m`, `2d`, `250ms`.
    ///
    /// - Returns: `nil` for anything else: a number without a unit, a sum that overflows, units out of order or repeated.
    package init?(text: String) {
        var rest = text[...]
        var total = 0
        var units = Self.units[...]
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            let name = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(name.count)
            guard let count = Int(digits), let index = units.firstIndex(where: { $0.name == name }) else { return nil }
            let (product, tooLarge) = count.multipliedReportingOverflow(by: units[index].milliseconds)
            let (sum, overflow) = total.addingReportingOverflow(product)
            guard !tooLarge, !overflow else { return nil }
            total = sum
            units = units[(index + 1)...]
        }
        guard units.count < Self.units.count else { return nil }
        self = .milliseconds(total)
    }

    /// Reads a duration.
    ///
    /// - Parameters:
    ///   - text: the text.
    ///   - name: the name of the field or option.
    /// - Throws: ``UnstickError`` `invalidArgument`; for a number without a unit it suggests the two likely meanings.
    package init(text: String, of name: String) throws(UnstickError) {
        guard let duration = Duration(text: text) else {
            throw UnstickError(.invalidArgument, "\(name): \(Self.mistake(in: text))")
        }
        self = duration
    }

    /// What is wrong with a text that is no duration, and what to write instead.
    package static func mistake(in text: String, or word: String? = nil) -> String {
        let shown = "'\(text.prefix(50))'"
        guard !text.isEmpty, text.allSatisfy({ $0.isASCII && $0.isNumber }), let seconds = Duration(text: text + "s")
        else {
            return "\(shown) is not a duration; write 500ms, 90s, 5m, 1h30m, 7d\(word.map { " or \($0)" } ?? "")."
        }
        guard seconds > .zero else { return "\(shown) has no unit; write \(word ?? text + "s")." }
        let same = seconds.written == text + "s" ? "" : " or \(seconds.written)"
        return "\(shown) has no unit: write \(text)s\(same) for seconds, or \(text)ms for milliseconds."
    }

    /// The exact duration, in all the units it needs: `1h30m`, `250ms`.
    package var written: String {
        guard self.inMilliseconds > 0 else { return "0s" }
        var parts = ""
        var rest = self.inMilliseconds
        for unit in Self.units where rest >= unit.milliseconds {
            parts += "\(rest / unit.milliseconds)\(unit.name)"
            rest %= unit.milliseconds
        }
        return parts
    }

    /// The duration in its two largest units, for people: `45s`, `12m 30s`, `3h 5m`, `9d 4h`.
    package var text: String {
        let milliseconds = abs(self.inMilliseconds)
        let sign = self < .zero ? "-" : ""
        guard milliseconds >= 1000 else { return "\(sign)\(milliseconds)ms" }
        var parts: [String] = []
        var rest = milliseconds
        for unit in Self.units where unit.name != "ms" && parts.count < 2 {
            let count = rest / unit.milliseconds
            rest %= unit.milliseconds
            if count > 0 {
                parts.append("\(count)\(unit.name)")
            } else if !parts.isEmpty {
                break
            }
        }
        return sign + parts.joined(separator: " ")
    }

    private static let units: [(name: String, milliseconds: Int)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ]
}
