/// Finds the text of string literals in Swift source.
package struct SwiftLiterals {
    private var rest: Substring
    private var found: [String] = []

    /// The literals of a source, without comments.
    ///
    /// An interpolation is left out, and literals in it count by themselves.
    package static func all(in source: String) -> [String] {
        var scanner = SwiftLiterals(rest: source[...])
        scanner.code(until: nil)
        return scanner.found
    }

    private init(rest: Substring) { self.rest = rest }

    /// Reads code up to the bracket that ends an interpolation, or to the end.
    private mutating func code(until end: Character?) {
        var depth = 0
        while let next = self.rest.first {
            if self.rest.hasPrefix("//") {
                self.rest = self.rest.drop { !$0.isNewline }
            } else if next == "\"" {
                self.literal(self.rest.hasPrefix("\"\"\"") ? "\"\"\"" : "\"")
            } else {
                self.rest.removeFirst()
                if next == "(" { depth += 1 }
                if next == ")" {
                    if depth == 0, end == ")" { return }
                    depth -= 1
                }
            }
        }
    }

    private mutating func literal(_ quote: String) {
        self.rest.removeFirst(quote.count)
        var text = ""
        while !self.rest.isEmpty, !self.rest.hasPrefix(quote) {
            if self.rest.hasPrefix("\\(") {
                self.rest.removeFirst(2)
                self.code(until: ")")
            } else if self.rest.hasPrefix("\\") {
                text += self.rest.prefix(2)
                self.rest = self.rest.dropFirst(2)
            } else {
                text.append(self.rest.removeFirst())
            }
        }
        self.rest = self.rest.dropFirst(quote.count)
        self.found.append(text.replacing(/\\\n\s*/, with: ""))
    }
}
