/// The value of an attribute of an SVG element.
enum SVGValue: Hashable, Sendable {
    /// A text, not escaped yet.
    case text(String)
    /// A number, mostly a coordinate.
    case number(Double)

    /// What stands between the quotes.
    var escaped: String {
        switch self {
        case .text(let text): text.escapedForXML
        case .number(let number): SVG.text(of: number)
        }
    }
}

extension SVGValue: ExpressibleByStringInterpolation {
    /// Takes a text.
    init(stringLiteral value: String) {
        self = .text(value)
    }
}

extension SVGValue: ExpressibleByIntegerLiteral {
    /// Takes a whole number.
    init(integerLiteral value: Int) {
        self = .number(Double(value))
    }
}
