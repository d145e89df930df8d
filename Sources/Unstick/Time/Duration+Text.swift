extension Duration {
    /// The duration in whole milliseconds; what is smaller is dropped.
    public var inMilliseconds: Int {
        let (seconds, attoseconds) = self.components
        return Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
    }

    /// Reads a duration as people write it: `90s`, `5m`, `1h30m`, `2d`, `250ms`, or a bare number of milliseconds.
    ///
    /// - Returns: `nil` for anything else, for a sum that overflows, and for units out of order or repeated.
    public init?(text: String) {
        if let milliseconds = Int(text), milliseconds >= 0, text.utf8.first != UInt8(ascii: "+") {
            self = .milliseconds(milliseconds)
            return
        }
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

    /// The duration in its two largest units, as people read it: `45s`, `12m 30s`, `3h 5m`, `9d 4h`.
    public var text: String {
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
