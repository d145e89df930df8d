/// A text in SVG, written element by element.
///
/// It has no style attributes, which the pages' content security policy forbids: styles are classes.
struct SVG: Sendable {
    /// The attributes of an element, in their order; those without a value are left out.
    typealias Attributes = KeyValuePairs<String, SVGValue?>

    /// What has been written.
    private(set) var text = ""

    /// Writes an element without content.
    mutating func element(_ name: String, _ attributes: Attributes) {
        self.text += "<\(name)\(Self.text(of: attributes))/>"
    }

    /// Writes an element with a text.
    mutating func element(_ name: String, _ attributes: Attributes, text: String) {
        self.text += "<\(name)\(Self.text(of: attributes))>\(text.escapedForXML)</\(name)>"
    }

    /// Writes an element with other elements.
    mutating func element(_ name: String, _ attributes: Attributes, content: (inout SVG) -> Void) {
        self.text += "<\(name)\(Self.text(of: attributes))>"
        content(&self)
        self.text += "</\(name)>"
    }

    /// A number with at most two decimals and a point, whatever the locale.
    static func text(of number: Double) -> String {
        guard number.isFinite else { return "0" }
        // Far outside every chart, and far below integer overflow.
        let hundredths = Int((min(max(number, -1e9), 1e9) * 100).rounded())
        let (whole, fraction) = hundredths.magnitude.quotientAndRemainder(dividingBy: 100)
        let sign = hundredths < 0 ? "-" : ""
        switch fraction {
        case 0: return "\(sign)\(whole)"
        case let fraction where fraction % 10 == 0: return "\(sign)\(whole).\(fraction / 10)"
        case 1..<10: return "\(sign)\(whole).0\(fraction)"
        default: return "\(sign)\(whole).\(fraction)"
        }
    }

    private static func text(of attributes: Attributes) -> String {
        attributes.map { name, value in value.map { " \(name)=\"\($0.escaped)\"" } ?? "" }.joined()
    }
}

/// The value of an attribute of an SVG element.
enum SVGValue: Hashable, Sendable {
    /// A text, not escaped yet.
    case text(String)
    /// A number, mostly a coordinate.
    case number(Double)

    /// The escaped text between the quotes.
    var escaped: String {
        switch self {
        case .text(let text): text.escapedForXML
        case .number(let number): SVG.text(of: number)
        }
    }
}

extension SVGValue: ExpressibleByStringInterpolation {
    /// Makes a text.
    init(stringLiteral value: String) {
        self = .text(value)
    }
}

extension SVGValue: ExpressibleByIntegerLiteral {
    /// Makes a whole number.
    init(integerLiteral value: Int) {
        self = .number(Double(value))
    }
}

// The elements of charts. Without a style sheet, all of them have the colour of the text.

extension SVG {
    /// Draws filled shapes.
    mutating func fill(_ style: String, _ path: SVGPath, mask: String? = nil) {
        guard !path.data.isEmpty else { return }
        self.element("path", ["class": .text(style), "d": .text(path.data), "mask": mask.map(SVGValue.text)])
    }

    /// Draws a shape with the style of its group and a tooltip.
    mutating func area(_ path: SVGPath, tooltip: String) {
        guard !path.data.isEmpty else { return }
        self.element("path", ["d": .text(path.data)]) { svg in
            svg.element("title", [:], text: tooltip)
        }
    }

    /// Draws thin lines, which stay thin when the chart is enlarged.
    mutating func line(_ style: String, _ path: SVGPath, dashes: String? = nil) {
        guard !path.data.isEmpty else { return }
        self.element(
            "path",
            [
                "class": .text(style), "d": .text(path.data), "fill": "none", "stroke": "currentColor",
                "stroke-dasharray": dashes.map(SVGValue.text), "vector-effect": "non-scaling-stroke",
            ]
        )
    }

    /// Groups lines of data.
    mutating func curves(_ content: (inout SVG) -> Void) {
        let attributes: SVG.Attributes = [
            "fill": "none", "stroke": "currentColor", "stroke-width": 2, "stroke-linecap": "round",
        ]
        self.element("g", attributes, content: content)
    }

    /// Draws lines in a group of them.
    mutating func curve(_ style: String, _ path: SVGPath, width: Int? = nil, dashes: String? = nil) {
        guard !path.data.isEmpty else { return }
        self.element(
            "path",
            [
                "class": .text(style), "d": .text(path.data), "stroke-width": width.map { .number(Double($0)) },
                "stroke-dasharray": dashes.map(SVGValue.text),
            ]
        )
    }

    /// Groups texts with the same style.
    mutating func texts(_ style: String, _ anchor: TextAnchor = .start, _ content: (inout SVG) -> Void) {
        self.element("g", ["class": .text(style), "text-anchor": anchor.value], content: content)
    }

    /// Writes a text on the baseline `y`, in a group of them or with its own style.
    mutating func text(
        _ text: String,
        _ x: Double,
        _ y: Double,
        style: String? = nil,
        anchor: TextAnchor = .start
    ) {
        self.element(
            "text",
            ["class": style.map(SVGValue.text), "x": .number(x), "y": .number(y), "text-anchor": anchor.value],
            text: text
        )
    }
}

/// The part of a text that is at its place.
enum TextAnchor: String, Sendable {
    /// Its beginning.
    case start
    /// Its middle.
    case middle
    /// Its end.
    case end

    /// The value of the attribute; `nil` for the default.
    var value: SVGValue? { self == .start ? nil : .text(self.rawValue) }

    /// The horizontal range of a text of this width.
    func span(at x: Double, width: Double) -> ClosedRange<Double> {
        let start =
            switch self {
            case .start: x
            case .middle: x - width / 2
            case .end: x - width
            }
        return start...(start + width)
    }
}
