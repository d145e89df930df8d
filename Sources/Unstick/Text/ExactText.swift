/// A text that equals another one only if their bytes are equal.
///
/// Swift's `==` treats a letter with an accent and the letter followed by the accent as equal. A database does not:
/// there these are two users with two balances. So ids, and other texts that a database distinguishes, are compared,
/// sorted and used as keys in this form.
package struct ExactText: Hashable, Comparable, Sendable {
    /// The text.
    package let text: String

    /// Wraps a text.
    package init(_ text: String) { self.text = text }

    package static func == (one: ExactText, other: ExactText) -> Bool { one.text.isExactly(other.text) }

    package static func < (one: ExactText, other: ExactText) -> Bool {
        one.text.utf8.lexicographicallyPrecedes(other.text.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        var text = self.text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        hasher.combine(0xff as UInt8)
    }
}

extension ExactText: ExpressibleByStringLiteral {
    package init(stringLiteral text: String) { self.init(text) }
}

extension String {
    /// Whether two texts have the same bytes.
    package func isExactly(_ other: String) -> Bool { self.utf8.elementsEqual(other.utf8) }

    /// The text as a key, and for sorting.
    package var exact: ExactText { ExactText(self) }
}

extension String? {
    /// Whether two texts have the same bytes, or both are nil.
    package func isExactly(_ other: String?) -> Bool { self.map { $0.exact } == other.map { $0.exact } }
}

extension Sequence<String> {
    /// Each text once, in the order of their bytes.
    package var distinct: [String] { Set(self.map { $0.exact }).sorted().map(\.text) }
}
