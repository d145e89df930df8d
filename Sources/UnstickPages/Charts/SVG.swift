/// A text in SVG, written element by element.
///
/// It has no style attributes, which the pages' content security policy forbids: looks come from classes.
struct SVG: Sendable {
    /// The attributes of an element, in their order; those without a value are left out.
    typealias Attributes = KeyValuePairs<String, SVGValue?>

    /// What has been written.
    private(set) var text = ""

    /// Writes an element without content.
    mutating func element(_ name: String, _ attributes: Attributes) {
        self.text += "<\(name)\(Self.text(of: attributes))/>"
    }

    /// Writes an element that holds a text.
    mutating func element(_ name: String, _ attributes: Attributes, text: String) {
        self.text += "<\(name)\(Self.text(of: attributes))>\(text.escapedForXML)</\(name)>"
    }

    /// Writes an element that holds others.
    mutating func element(_ name: String, _ attributes: Attributes, content: (inout SVG) -> Void) {
        self.text += "<\(name)\(Self.text(of: attributes))>"
        content(&self)
        self.text += "</\(name)>"
    }

    /// A number with at most two decimals and a point, whatever the locale.
    static func text(of number: Double) -> String {
        guard number.isFinite else { return "0" }
        // Far outside of every chart, and far from where integers end.
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
