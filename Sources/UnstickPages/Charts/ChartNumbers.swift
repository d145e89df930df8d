import Unstick

extension Int {
    /// The largest count that is drawn, which is also the largest that JSON represents exactly.
    static let largestCount = 9_007_199_254_740_991

    /// The number as a count: not negative, and small enough to add several.
    var asCount: Int { Swift.min(Swift.max(0, self), Self.largestCount) }

    /// All digits of the number, with separators if it is small enough for the chart's size.
    var exact: String { self < 1_000_000_000 ? self.grouped : String(self) }

    /// The number in few characters, for an axis: `950`, `1.5k`, `12k`, `3.4M`.
    var shortened: String {
        var units = Array("kMGTP")[...]
        var unit = 1000
        guard self >= unit else { return String(self) }
        // While it would be rounded to a thousand or more.
        while units.count > 1, self.divided(by: unit) >= 1000 {
            units = units.dropFirst()
            unit *= 1000
        }
        let (whole, tenth) = self.divided(by: unit / 10).quotientAndRemainder(dividingBy: 10)
        let name = units.first.map(String.init) ?? ""
        return whole < 10 && tenth > 0 ? "\(whole).\(tenth)\(name)" : "\(self.divided(by: unit))\(name)"
    }

    /// Divided by an even number and rounded, without a sum that might overflow.
    private func divided(by unit: Int) -> Int { (self / (unit / 2) + 1) / 2 }
}

extension Sequence<Int> {
    /// The sum of all, or the largest number.
    var total: Int {
        self.reduce(0) { total, count in
            let (sum, overflow) = total.addingReportingOverflow(count)
            return overflow ? .max : sum
        }
    }
}

extension Int {
    /// The milliseconds as a duration for people: `2.5s`, `12m 30s`.
    ///
    /// For a few seconds, the fraction matters: on a logarithmic axis it is wide.
    var durationText: String {
        guard 1000..<10_000 ~= self else { return Duration.milliseconds(self).text }
        return SVG.text(of: Double(self) / 1000) + "s"
    }
}
