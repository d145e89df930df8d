/// A pattern for the kinds or tiers of a rule: a name, or a name with `*` for any text.
public struct Pattern: Hashable, Sendable, CustomStringConvertible {
    /// The pattern as it was written.
    public let description: String

    /// Makes a pattern; `*` stands for any text, also for none.
    public init(_ text: String) {
        self.description = text
    }

    /// Whether the whole name matches.
    package func matches(_ name: String) -> Bool {
        // By bytes, as the database compares: the Unicode composition counts.
        let parts = Array(self.description.utf8).split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false)
        let name = Array(name.utf8)
        guard let first = parts.first, let last = parts.last, parts.count > 1 else {
            return name.elementsEqual(self.description.utf8)
        }
        guard name.count >= first.count + last.count, name.starts(with: first), name.suffix(last.count) == last else {
            return false
        }
        var rest = name.dropFirst(first.count).dropLast(last.count)
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard let found = rest.firstRange(of: part) else { return false }
            rest = rest[found.upperBound...]
        }
        return true
    }
}

extension Pattern: ExpressibleByStringLiteral {
    /// Makes a pattern from a literal.
    public init(stringLiteral text: String) { self.init(text) }
}
