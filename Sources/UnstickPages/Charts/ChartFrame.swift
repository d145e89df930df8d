/// The size of a chart, and the area of its data.
///
/// Its unit is a pixel where the chart is as wide as its `viewBox`.
struct ChartFrame: Hashable, Sendable {
    /// The width of the chart.
    let width: Double
    /// The height of the chart.
    let height: Double
    /// The font size.
    let fontSize: Double
    /// The left edge of the data.
    let left: Double
    /// The right edge of the data.
    let right: Double
    /// The upper edge of the data.
    let top: Double
    /// The line for zero.
    let bottom: Double

    /// The middle of the data.
    var center: Double { ((self.left + self.right) / 2).rounded() }

    /// The SVG of a chart: a short title, a summary in a sentence, and the drawing.
    func svg(id: String, title: String, summary: String, content: (inout SVG) -> Void) -> String {
        var svg = SVG()
        let id = id.sanitizedForID
        let attributes: SVG.Attributes = [
            "class": "chart", "viewBox": "0 0 \(SVG.text(of: self.width)) \(SVG.text(of: self.height))",
            "role": "img", "aria-labelledby": "\(id)-title \(id)-desc",
            "font-size": .number(self.fontSize), "fill": "currentColor",
        ]
        svg.element("svg", attributes) { svg in
            svg.element("title", ["id": "\(id)-title"], text: title)
            svg.element("desc", ["id": "\(id)-desc"], text: summary)
            content(&svg)
        }
        return svg.text
    }

    /// At least the width of a text in common fonts.
    func width(of text: String) -> Double { Double(text.count) * self.fontSize * 0.64 }

    /// The scale of counts, from the bottom up.
    func scale(_ ticks: AxisTicks) -> Scale {
        Scale(.linear, from: 0, to: Double(ticks.top), start: self.bottom, end: self.top)
    }

    /// Draws the line at zero, a line for each other tick, and the ticks' numbers on the left.
    func drawCounts(_ ticks: AxisTicks, in svg: inout SVG) {
        let scale = self.scale(ticks)
        var grid = SVGPath()
        for value in ticks.values.dropFirst() {
            grid.move(to: self.left, scale.place(Double(value)) + 0.5)
            grid.horizontal(to: self.right)
        }
        svg.line("grid", grid)
        var axis = SVGPath()
        axis.move(to: self.left, self.bottom + 0.5)
        axis.horizontal(to: self.right)
        svg.line("axis", axis)
        self.drawNumbers(ticks, at: self.left - 6, .end, in: &svg)
    }

    /// Draws the numbers of ticks beside the data.
    func drawNumbers(_ ticks: AxisTicks, at x: Double, _ anchor: TextAnchor, in svg: inout SVG) {
        let scale = self.scale(ticks)
        // Text is placed on its baseline; this far below the tick, a digit's middle is at the tick.
        let drop = (self.fontSize * 0.36).rounded()
        svg.texts("tick", anchor) { svg in
            for value in ticks.values {
                svg.text(value.shortened, x, scale.place(Double(value)) + drop)
            }
        }
    }

    /// Draws the frame with a text instead of data.
    func drawEmpty(_ text: String, in svg: inout SVG) {
        var frame = SVGPath()
        frame.rectangle(
            self.left + 0.5,
            self.top + 0.5,
            width: self.right - self.left - 1,
            height: self.bottom - self.top
        )
        frame.close()
        svg.line("axis", frame)
        let y = ((self.top + self.bottom + self.fontSize * 0.7) / 2).rounded()
        svg.text(text, self.center, y, style: "empty", anchor: .middle)
    }
}
