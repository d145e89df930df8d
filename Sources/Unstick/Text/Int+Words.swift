extension Int {
    /// With thousands set apart: `12,345`.
    package var grouped: String {
        let digits = String(self.magnitude)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0 && (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return self < 0 ? "-" + text : text
    }

    /// With its sign in front: `+8`, `−8`.
    package var signed: String { (self < 0 ? "\u{2212}" : "+") + self.grouped.drop { $0 == "-" } }

    /// With the word in the right number: `1 job`, `12 jobs`.
    package func of(_ word: String, _ words: String? = nil) -> String {
        "\(self.grouped) \(self == 1 ? word : words ?? word + "s")"
    }
}
