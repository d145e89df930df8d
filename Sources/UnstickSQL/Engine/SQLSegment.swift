/// A part of a statement's text: words, something quoted, or a comment.
package struct SQLSegment {
    package enum Kind {
        case words
        /// With its quotes. Where a quote is doubled, two of these stand beside each other.
        case quoted
        case comment
    }

    package let kind: Kind
    /// Where it is in the bytes of the text.
    package let range: Range<Int>

    /// Cuts a text where quotes and comments begin and end.
    ///
    /// - Parameter hasHashComments: whether a `#` begins a comment, as in MySQL; elsewhere it is an operator.
    package static func all(in bytes: [UInt8], hasHashComments: Bool = false) -> [SQLSegment] {
        var segments: [SQLSegment] = []
        var (start, index) = (0, 0)
        while index < bytes.count {
            guard let (kind, end) = Self.end(in: bytes, at: index, hasHashComments) else {
                index += 1
                continue
            }
            if start < index { segments.append(SQLSegment(kind: .words, range: start..<index)) }
            segments.append(SQLSegment(kind: kind, range: index..<end))
            (start, index) = (end, end)
        }
        if start < bytes.count { segments.append(SQLSegment(kind: .words, range: start..<bytes.count)) }
        return segments
    }

    /// The end of a quotation or a comment that begins here; `nil` where none does.
    private static func end(in bytes: [UInt8], at start: Int, _ hasHashComments: Bool) -> (Kind, Int)? {
        switch bytes[start] {
        case UInt8(ascii: "'"), UInt8(ascii: "\""):
            return (.quoted, self.end(in: bytes, after: start + 1, [bytes[start]]))
        case UInt8(ascii: "#") where hasHashComments:
            return (.comment, self.end(in: bytes, after: start + 1, [newline]))
        case UInt8(ascii: "-") where bytes.dropFirst(start + 1).first == UInt8(ascii: "-"):
            return (.comment, self.end(in: bytes, after: start + 2, [newline]))
        case UInt8(ascii: "/") where bytes.dropFirst(start + 1).first == UInt8(ascii: "*"):
            return (.comment, self.end(in: bytes, after: start + 2, Array("*/".utf8)))
        default: return nil
        }
    }

    private static let newline = UInt8(ascii: "\n")

    /// The place after the next mark; the end of the text where there is none.
    private static func end(in bytes: [UInt8], after start: Int, _ mark: [UInt8]) -> Int {
        let begin = (start..<bytes.count).first { bytes[$0...].starts(with: mark) }
        return begin.map { $0 + mark.count } ?? bytes.count
    }
}
