/// A mask that makes shapes striped, in any colour.
struct StripeMask: Hashable, Sendable {
    /// The prefix of its id.
    let id: String

    /// The value of the attribute `mask` of a striped shape.
    var mask: String { "url(#\(self.id)-mask)" }

    /// Defines the mask, which leaves a third of the colour between the stripes.
    func define(in frame: ChartFrame, _ svg: inout SVG) {
        var area = SVGPath()
        area.rectangle(0, 0, width: frame.width, height: frame.height)
        // Dashes across a line that is wider than the chart are stripes; this is shorter than a pattern.
        var diagonal = SVGPath()
        diagonal.move(to: 0, 0)
        diagonal.line(to: frame.width, frame.width)
        svg.element("mask", ["id": "\(self.id)-mask"]) { svg in
            svg.element("path", ["d": .text(area.data), "fill": "#555"])
            svg.element(
                "path",
                [
                    "d": .text(diagonal.data), "stroke": "#fff", "stroke-width": .number(frame.width * 2),
                    "stroke-dasharray": 2,
                ]
            )
        }
    }
}
