import Foundation
import Testing

@testable import UnstickPages

#if canImport(FoundationXML)
import FoundationXML
#endif

/// A chart, parsed as XML.
final class ParsedSVG: NSObject {
    /// An element, in document order.
    struct Element {
        var name: String
        var attributes: [String: String]
        /// The attributes of all enclosing elements, the nearest last.
        var around: [[String: String]]
        var text = ""

        /// The value of an attribute as a number.
        func number(_ name: String) -> Double? { self.attributes[name].flatMap(Double.init) }

        /// The value of an inherited attribute.
        func inherited(_ name: String) -> String? {
            self.attributes[name] ?? self.around.last { $0[name] != nil }?[name]
        }

        /// Its style.
        var style: String? { self.inherited("class").flatMap { $0 == "chart" ? nil : $0 } }

        /// The rectangles of its path.
        var rectangles: [Rectangle] {
            (self.attributes["d"] ?? "").split(separator: "M").compactMap { shape in
                let numbers = shape.split { " hvz".contains($0) }.compactMap { Double($0) }
                guard shape.contains("v"), numbers.count == 5 else { return nil }
                return Rectangle(x: numbers[0], y: numbers[1], width: numbers[2], height: numbers[3])
            }
        }
    }

    /// A bar.
    struct Rectangle: Equatable {
        var x: Double
        var y: Double
        var width: Double
        var height: Double
    }

    private(set) var elements: [Element] = []
    private var open: [Int] = []

    init(_ svg: String) throws {
        super.init()
        let parser = XMLParser(data: Data(svg.utf8))
        parser.delegate = self
        try #require(parser.parse(), "\(String(describing: parser.parserError)) in \(svg)")
    }

    /// The elements of a class.
    func of(_ style: String) -> [Element] { self.elements.filter { $0.attributes["class"] == style } }

    /// The bars of a class, from left to right; a rectangle of the height of a legend is none.
    func bars(_ style: String) -> [Rectangle] {
        let shapes = self.elements.filter { $0.style == style }.flatMap(\.rectangles)
        return shapes.filter { $0.y > 20 }.sorted { $0.x < $1.x }
    }

    /// The visible texts.
    var labels: [String] { self.elements.filter { $0.name == "text" }.map(\.text) }

    /// The tooltips.
    var tooltips: [String] { self.elements.filter { $0.name == "title" && $0.attributes.isEmpty }.map(\.text) }

    /// The title of the chart.
    var title: String { self.elements.first { $0.name == "title" }?.text ?? "" }

    /// The summary of the chart.
    var summary: String { self.elements.first { $0.name == "desc" }?.text ?? "" }

    /// The place of a vertical line of a class.
    func place(of style: String) -> Double? {
        let path = self.of(style).first?.attributes["d"]
        return path?.dropFirst().split(separator: " ").first.flatMap { Double($0) }
    }
}

extension ParsedSVG: XMLParserDelegate {
    func parser(
        _ parser: XMLParser,
        didStartElement name: String,
        namespaceURI: String?,
        qualifiedName: String?,
        attributes: [String: String]
    ) {
        let around = self.open.map { self.elements[$0].attributes }
        self.open.append(self.elements.count)
        self.elements.append(Element(name: name, attributes: attributes, around: around))
    }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
        self.open.removeLast()
    }

    func parser(_ parser: XMLParser, foundCharacters text: String) {
        guard let last = self.open.last else { return }
        self.elements[last].text += text
    }
}
