import Unstick

extension Int {
    /// The largest count that is drawn, which is also the largest that JSON holds exactly.
    static let largestCount = 9_007_199_254_740_991

    /// The number as a count: not negative, and small enough to add some up.
    var asCount: Int { Swift.min(Swift.max(0, self), Self.largestCount) }

    /// All digits of the number, set apart as long as it is not too large for the chart's bounded size.
    var exact: String { self < 1_000_000_000 ? self.grouped : String(self) }

    /// The number in few characters, for an axis: `950`, `1.5k`, `12k`, `3.4M`.
    var shortened: String {
        var units = Array("kMGTP")[...]
        var unit = 1000
        guard self >= unit else { return String(self) }
        // As long as it would be rounded to a thousand or more.
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
    /// All of them together, or the largest number there is.
    var total: Int {
        self.reduce(0) { total, count in
            let (sum, overflow) = total.addingReportingOverflow(count)
            return overflow ? .max : sum
        }
    }
}

extension Int {
    /// So many milliseconds as people read them: `2.5s`, `12m 30s`.
    ///
    /// Of a few seconds, the fraction is worth telling: on a logarithmic axis it is wide.
    var durationText: String {
        guard 1000..<10_000 ~= self else { return Duration.milliseconds(self).text }
        return SVG.text(of: Double(self) / 1000) + "s"
    }
}
