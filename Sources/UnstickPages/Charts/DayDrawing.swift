/// Draws the chart of a day.
struct DayDrawing {
    /// The size of the chart.
    static let frame = ChartFrame(
        width: 480,
        height: 230,
        fontSize: 15,
        left: 46,
        right: 430,
        top: 50,
        bottom: 206
    )

    /// The dashes of a dotted line: round ends and nothing between.
    static let dots = "0 4"

    /// The number of hours between two labels.
    private static let hoursPerLabel = 4

    /// The height of the bar of a single job, however many there are elsewhere.
    private static let leastHeight = 2.0

    private let points: [DayChart.Point]
    private let lastIsPartial: Bool
    private let stripes: StripeMask
    private let jobTicks: AxisTicks
    private let tokenTicks: AxisTicks

    /// Prepares the drawing of a chart.
    init(_ chart: DayChart) {
        self.points = chart.points
        self.lastIsPartial = chart.lastIsPartial
        self.stripes = StripeMask(id: chart.id.sanitizedForID)
        let jobs = chart.points.map { max($0.jobs, $0.stuckFound) }.max() ?? 0
        let tokens = chart.points.map(\.tokensRefunded).max() ?? 0
        (self.jobTicks, self.tokenTicks) = AxisTicks.pair(jobs, tokens)
    }

    /// Draws everything.
    func draw(in svg: inout SVG) {
        self.stripes.define(in: Self.frame, &svg)
        DayLegend(frame: Self.frame, stripes: self.stripes).draw(in: &svg)
        Self.frame.drawCounts(self.jobTicks, in: &svg)
        Self.frame.drawNumbers(self.tokenTicks, at: Self.frame.right + 6, .start, in: &svg)
        self.drawHours(in: &svg)
        let whole = 0..<(self.lastIsPartial ? self.points.count - 1 : self.points.count)
        self.drawBars(whole, in: &svg)
        self.drawCurves(whole, in: &svg)
        if self.lastIsPartial { self.drawPartial(whole.upperBound, in: &svg) }
        self.drawTooltips(in: &svg)
    }

    /// Draws the names of hours below the axis, back from the newest.
    func drawHours(in svg: inout SVG) {
        let y = Self.frame.bottom + 18
        if !self.points.isEmpty { svg.text("UTC", 0, y, style: "tick") }
        svg.texts("tick", .middle) { svg in
            for (index, point) in self.points.enumerated() {
                let hoursBack = self.points.count - 1 - index
                guard hoursBack.isMultiple(of: Self.hoursPerLabel) else { continue }
                svg.text(self.lastIsPartial && hoursBack == 0 ? "now" : point.hour, self.middle(of: index), y)
            }
        }
    }

    /// Draws the current hour paler, because it is not complete.
    private func drawPartial(_ index: Int, in svg: inout SVG) {
        svg.element("g", ["opacity": .number(0.5)]) { svg in
            self.drawBars(index..<(index + 1), in: &svg)
            self.drawCurves(index..<(index + 1), in: &svg)
        }
    }

    private func drawBars(_ range: Range<Int>, in svg: inout SVG) {
        var failed = SVGPath()
        var retried = SVGPath()
        for index in range {
            let point = self.points[index]
            let (left, width) = (self.left(of: index) + 2, self.columnWidth - 4)
            let heights = self.heights(of: point)
            let base = Self.frame.bottom - heights.failed
            failed.rectangle(left, base, width: width, height: heights.failed)
            retried.rectangle(left, base - heights.retried, width: width, height: heights.retried)
        }
        svg.fill("bar-failed", failed)
        svg.fill("bar-retried", retried, mask: self.stripes.mask)
    }

    /// The heights of the parts of a bar: each is visible, however small.
    private func heights(of point: DayChart.Point) -> (failed: Double, retried: Double) {
        let (failed, retried) = (self.height(point.failed), self.height(point.retried))
        guard failed > 0, retried > 0 else { return (failed, retried) }
        // The whole is rounded, not its parts, so that two bars of as many jobs have one height.
        let whole = max(self.height(point.jobs), 2 * Self.leastHeight)
        let rest = max(whole - failed, Self.leastHeight)
        return (whole - rest, rest)
    }

    private func drawCurves(_ range: Range<Int>, in svg: inout SVG) {
        guard !range.isEmpty else { return }
        svg.curves { svg in
            svg.curve("line-refunded", self.refunded(range), width: self.points.count == 1 ? 6 : nil)
            svg.curve("line-stuck", self.steps(range), dashes: Self.dots)
        }
    }

    /// The line of tokens, from the hour before; a dot for a single hour.
    private func refunded(_ range: Range<Int>) -> SVGPath {
        let scale = Self.frame.scale(self.tokenTicks)
        let places = (max(0, range.lowerBound - 1)..<range.upperBound).map { index in
            (x: self.middle(of: index), y: scale.place(Double(self.points[index].tokensRefunded)))
        }
        var path = SVGPath()
        for (index, place) in places.enumerated() {
            if places.count == 1 {
                path.dot(at: place.x, place.y)
            } else if index == 0 {
                path.move(to: place.x, place.y)
            } else {
                path.line(to: place.x, place.y)
            }
        }
        return path
    }

    /// The steps of stuck jobs, each as wide as its hour.
    private func steps(_ range: Range<Int>) -> SVGPath {
        let heights = self.points.map { self.jobScale.place(Double($0.stuckFound)) }
        var path = SVGPath()
        path.move(to: self.left(of: range.lowerBound), heights[range.lowerBound])
        for index in range.dropFirst() where heights[index] != heights[index - 1] {
            path.horizontal(to: self.left(of: index))
            path.vertical(to: heights[index])
        }
        path.horizontal(to: self.left(of: range.upperBound))
        return path
    }

    /// Draws an invisible line over each hour, as wide as the hour, for the tooltip.
    private func drawTooltips(in svg: inout SVG) {
        svg.element("g", ["stroke-width": .number(self.columnWidth + 1), "pointer-events": "stroke"]) { svg in
            for (index, point) in self.points.enumerated() {
                let isPartial = self.lastIsPartial && index == self.points.count - 1
                var path = SVGPath()
                path.move(to: self.middle(of: index), Self.frame.top)
                path.vertical(to: Self.frame.bottom)
                svg.area(path, tooltip: "\(point.hour)\(isPartial ? ", so far" : ""): \(point.description)")
            }
        }
    }

    private var jobScale: Scale { Self.frame.scale(self.jobTicks) }

    private func height(_ count: Int) -> Double {
        count == 0 ? 0 : max(Self.leastHeight, Self.frame.bottom - self.jobScale.place(Double(count)))
    }

    private var columnWidth: Double {
        ((Self.frame.right - Self.frame.left) / Double(max(24, self.points.count))).rounded(.down)
    }

    private func left(of index: Int) -> Double {
        Self.frame.right - Double(self.points.count - index) * self.columnWidth
    }

    private func middle(of index: Int) -> Double { self.left(of: index) + (self.columnWidth / 2).rounded(.down) }
}
