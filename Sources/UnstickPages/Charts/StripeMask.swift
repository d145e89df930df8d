/// What makes shapes striped, whatever their colour.
struct StripeMask: Hashable, Sendable {
    /// What its id begins with.
    let id: String

    /// The value of the attribute `mask` of what is striped.
    var mask: String { "url(#\(self.id)-mask)" }

    /// Defines the mask, which between the stripes leaves a third of the colour.
    func define(in frame: ChartFrame, _ svg: inout SVG) {
        var area = SVGPath()
        area.rectangle(0, 0, width: frame.width, height: frame.height)
        // Across a line that is wider than the chart, dashes are stripes; it takes less than a pattern would.
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
