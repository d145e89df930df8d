import Unstick

/// A vertical line that marks a limit, with its label.
struct LimitLine: Hashable, Sendable {
    /// The kind of limit.
    enum Kind: Sendable {
        /// The limit in force.
        case inForce
        /// The suggested limit.
        case suggested
    }

    /// The place of a label.
    struct Label: Hashable, Sendable {
        /// The anchor of the text.
        let x: Double
        /// The part of the text at the anchor.
        let anchor: TextAnchor
        /// The number of labels between it and the data.
        let row: Int
    }

    /// The kind of limit.
    let kind: Kind
    /// The place of the line.
    let x: Double
    /// The text of the label.
    let text: String

    /// Draws lines with labels that overlap neither each other nor the lines, in rows above the data.
    static func draw(_ lines: [LimitLine], in frame: ChartFrame, _ svg: inout SVG) {
        for (line, label) in zip(lines, self.labels(of: lines, in: frame)) {
            line.draw(label, in: frame, &svg)
        }
    }

    /// The places of the labels of one or two lines.
    ///
    /// One label is above the other, and the line of the upper one crosses the row of the lower one, so the lower one is
    /// on the side away from that line. If the edge leaves no room there, the labels swap rows.
    static func labels(of lines: [LimitLine], in frame: ChartFrame) -> [Label] {
        guard let first = lines.first, let last = lines.last, lines.count == 2 else {
            return lines.map { $0.label(row: 0, in: frame) }
        }
        guard first.x <= last.x else { return self.labels(of: [last, first], in: frame).reversed() }
        if let label = last.label(row: 0, in: frame, clearOf: first) { return [first.label(row: 1, in: frame), label] }
        let label = first.label(row: 0, in: frame, clearOf: last) ?? first.label(row: 0, in: frame)
        return [label, last.label(row: 1, in: frame)]
    }

    /// The horizontal range of the text.
    func span(of label: Label, in frame: ChartFrame) -> ClosedRange<Double> {
        label.anchor.span(at: label.x, width: frame.width(of: self.text))
    }

    private func label(row: Int, in frame: ChartFrame) -> Label {
        self.choices(row: row, in: frame).first
            ?? Label(x: max(frame.left, frame.right - frame.width(of: self.text)), anchor: .start, row: row)
    }

    private func label(row: Int, in frame: ChartFrame, clearOf other: LimitLine) -> Label? {
        self.choices(row: row, in: frame).first { label in
            let span = self.span(of: label, in: frame)
            return !(span.lowerBound - 2...span.upperBound + 2 ~= other.x)
        }
    }

    /// The places where the label is inside the chart.
    private func choices(row: Int, in frame: ChartFrame) -> [Label] {
        let sides = [
            Label(x: self.x + 4, anchor: .start, row: row), Label(x: self.x - 4, anchor: .end, row: row),
            Label(x: self.x, anchor: .middle, row: row),
        ]
        return sides.filter { label in
            let span = self.span(of: label, in: frame)
            return span.lowerBound >= frame.left && span.upperBound <= frame.width
        }
    }

    private func draw(_ label: Label, in frame: ChartFrame, _ svg: inout SVG) {
        let base = frame.top - 6 - Double(label.row) * (frame.fontSize * 1.25).rounded()
        var path = SVGPath()
        // Beside its label, the line is as high as the letters; otherwise it ends below them.
        path.move(to: self.x - 0.5, label.anchor == .middle ? base + 4 : base - (frame.fontSize * 0.75).rounded())
        path.vertical(to: frame.bottom)
        svg.line(self.kind == .inForce ? "limit" : "suggested", path, dashes: self.kind == .inForce ? nil : "5 3")
        svg.text(self.text, label.x, base, style: "label", anchor: label.anchor)
    }
}

extension LimitLine {
    /// Makes the line of a limit in milliseconds; an arrow shows that it is beyond an end of the axis.
    init(_ kind: Kind, _ milliseconds: Int, on axis: DurationAxis) {
        let name = kind == .inForce ? "limit" : "suggested"
        let text = "\(name) \(milliseconds.durationText)"
        self.kind = kind
        self.x = axis.place(milliseconds)
        if Double(milliseconds) > axis.scale.highest {
            self.text = text + " →"
        } else if Double(milliseconds) < axis.scale.lowest {
            self.text = "← " + text
        } else {
            self.text = text
        }
    }
}
