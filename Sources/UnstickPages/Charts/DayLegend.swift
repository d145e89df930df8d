/// The legend of the chart of a day, with the meaning of both axes.
struct DayLegend {
    private static let signWidth = 18.0
    private static let gap = 6.0

    /// The size of the chart.
    let frame: ChartFrame
    /// The mask that makes bars striped.
    let stripes: StripeMask

    /// Draws the legend above the data: the series of the left axis in the first line, the axes in the second.
    func draw(in svg: inout SVG) {
        let (first, second) = (self.frame.fontSize, self.frame.top - 12)
        let retried = self.end(of: "failed", at: 0)
        let found = self.end(of: "retried", at: retried)
        let tokens = self.frame.width - Self.signWidth
        svg.fill("bar-failed", self.block(0, first))
        svg.fill("bar-retried", self.block(retried, first), mask: self.stripes.mask)
        svg.curves { svg in
            svg.curve("line-stuck", self.line(found, first), dashes: DayDrawing.dots)
            svg.curve("line-refunded", self.line(tokens, second))
        }
        svg.texts("label") { svg in
            svg.text("failed", Self.signWidth + Self.gap, first)
            svg.text("retried", retried + Self.signWidth + Self.gap, first)
            svg.text("found stuck", found + Self.signWidth + Self.gap, first)
            svg.text("jobs", 2, second)
            svg.text("tokens refunded", tokens - Self.gap, second, anchor: .end)
        }
    }

    private func end(of name: String, at x: Double) -> Double {
        (x + Self.signWidth + Self.gap + self.frame.width(of: name) + Self.gap).rounded()
    }

    private func block(_ x: Double, _ y: Double) -> SVGPath {
        var path = SVGPath()
        path.rectangle(x, y - 11, width: Self.signWidth, height: 12)
        return path
    }

    private func line(_ x: Double, _ y: Double) -> SVGPath {
        var path = SVGPath()
        path.move(to: x, y - 5)
        path.horizontal(to: x + Self.signWidth)
        return path
    }
}
