import Testing

@testable import UnstickPages

extension ParsedSVG {
    private static let styles: Set = [
        "chart", "axis", "grid", "bar-failed", "bar-retried", "bar-running", "bar-past", "bar-over", "line-refunded",
        "line-stuck", "limit", "suggested", "label", "tick", "empty",
    ]

    /// Checks the rules for every chart, and parses it.
    static func checked(_ svg: String, atMost bytes: Int) throws -> ParsedSVG {
        let parsed = try ParsedSVG(svg)
        #expect(svg.utf8.count <= bytes, "\(svg.utf8.count)")
        parsed.checkNames()
        parsed.checkAttributes()
        parsed.checkTexts()
        parsed.checkBars()
        return parsed
    }

    private func checkNames() {
        let root = self.elements.first
        #expect(root?.name == "svg" && root?.attributes["class"] == "chart" && root?.attributes["role"] == "img")
        let ids = self.elements.compactMap { $0.attributes["id"] }
        #expect(Set(ids).count == ids.count)
        let named = root?.attributes["aria-labelledby"]?.split(separator: " ").map(String.init) ?? []
        #expect(named == Array(ids.prefix(2)) && named.count == 2)
        #expect(named.first?.hasSuffix("-title") == true && named.last?.hasSuffix("-desc") == true)
        #expect(!self.title.isEmpty && self.summary.hasSuffix("."))
    }

    private func checkAttributes() {
        for element in self.elements {
            #expect(element.attributes["style"] == nil)
            #expect(!element.attributes.keys.contains { $0.hasPrefix("on") || $0.contains("href") })
            if let style = element.attributes["class"] { #expect(Self.styles.contains(style), "\(style)") }
            if let mask = element.attributes["mask"] {
                #expect(self.elements.contains { "url(#\($0.attributes["id"] ?? ""))" == mask })
            }
            #expect(element.areCoordinatesCrisp, "\(element.attributes)")
        }
    }

    /// Checks that texts are inside the chart and do not overlap, in a rather wide font.
    private func checkTexts() {
        var taken: [(text: String, x: ClosedRange<Double>, y: Double)] = []
        let size = self.elements.first?.number("font-size") ?? 0
        let limits = self.elements.first?.attributes["viewBox"]?.split(separator: " ").compactMap { Double($0) } ?? []
        #expect(limits.count == 4 && size * 340 / limits[2] >= 10, "too small on a phone")
        for element in self.elements where element.name == "text" {
            let (x, y) = (element.number("x") ?? -1, element.number("y") ?? -1)
            let anchor = element.inherited("text-anchor").flatMap(TextAnchor.init) ?? .start
            let span = anchor.span(at: x, width: Double(element.text.count) * size * 0.62)
            #expect(span.lowerBound >= 0 && span.upperBound <= limits[2], "\(element.text)")
            #expect(y >= size * 0.8 && y <= limits[3] - size * 0.2, "\(element.text)")
            for other in taken where abs(other.y - y) < size * 0.7 {
                #expect(!other.x.overlaps(span), "\(element.text) and \(other.text)")
            }
            taken.append((element.text, span, y))
        }
    }

    private func checkBars() {
        let bars = ["bar-failed", "bar-retried", "bar-running", "bar-past", "bar-over"].flatMap { self.bars($0) }
        let limits = self.elements.first?.attributes["viewBox"]?.split(separator: " ").compactMap { Double($0) } ?? []
        #expect(
            bars.allSatisfy { bar in
                bar.width > 0 && bar.height > 0 && bar.x >= 0 && bar.y >= 0 && bar.x + bar.width <= limits[2]
                    && bar.y + bar.height <= limits[3]
            }
        )
        #expect(bars.indices.allSatisfy { index in !bars[(index + 1)...].contains { $0.overlaps(bars[index]) } })
    }
}

extension ParsedSVG.Element {
    /// Whether all numbers of its path are whole or halves.
    fileprivate var areCoordinatesCrisp: Bool {
        let numbers = (self.attributes["d"] ?? "").split { !".0123456789".contains($0) }
        return numbers.allSatisfy { number in Double(number).map { ($0 * 2).rounded() == $0 * 2 } ?? false }
    }
}

extension ParsedSVG.Rectangle {
    fileprivate func overlaps(_ other: Self) -> Bool {
        self.x < other.x + other.width && other.x < self.x + self.width && self.y < other.y + other.height
            && other.y < self.y + self.height
    }
}
