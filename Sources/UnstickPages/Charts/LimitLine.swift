import Unstick

/// An upright line that marks a limit, with its label.
struct LimitLine: Hashable, Sendable {
    /// What sort of limit it is.
    enum Kind: Sendable {
        /// The one in force.
        case inForce
        /// The one that the past suggests.
        case suggested
    }

    /// Where a label is put.
    struct Label: Hashable, Sendable {
        /// What the text is aligned to.
        let x: Double
        /// Which part of the text that is.
        let anchor: TextAnchor
        /// How many labels are between it and the data.
        let row: Int
    }

    /// What sort of limit it is.
    let kind: Kind
    /// Where the line is.
    let x: Double
    /// What is written beside it.
    let text: String

    /// Draws lines with labels that keep clear of each other and of the lines, in rows above the data.
    static func draw(_ lines: [LimitLine], in frame: ChartFrame, _ svg: inout SVG) {
        for (line, label) in zip(lines, self.labels(of: lines, in: frame)) {
            line.draw(label, in: frame, &svg)
        }
    }

    /// Where the labels of one or two lines go.
    ///
    /// One is above the other, and the line of the upper one passes the lower one, which therefore keeps to the side
    /// away from it. Where the edge does not leave it that side, it is the upper one.
    static func labels(of lines: [LimitLine], in frame: ChartFrame) -> [Label] {
        guard let first = lines.first, let last = lines.last, lines.count == 2 else {
            return lines.map { $0.label(row: 0, in: frame) }
        }
        guard first.x <= last.x else { return self.labels(of: [last, first], in: frame).reversed() }
        if let label = last.label(row: 0, in: frame, clearOf: first) { return [first.label(row: 1, in: frame), label] }
        let label = first.label(row: 0, in: frame, clearOf: last) ?? first.label(row: 0, in: frame)
        return [label, last.label(row: 1, in: frame)]
    }

    /// What the text covers from left to right.
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

    /// Where the label would be inside of the chart.
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
        // Beside its label, the line is as high as the letters; else it ends below them.
        path.move(to: self.x - 0.5, label.anchor == .middle ? base + 4 : base - (frame.fontSize * 0.75).rounded())
        path.vertical(to: frame.bottom)
        svg.line(self.kind == .inForce ? "limit" : "suggested", path, dashes: self.kind == .inForce ? nil : "5 3")
        svg.text(self.text, label.x, base, style: "label", anchor: label.anchor)
    }
}

extension LimitLine {
    /// Makes the line of a limit in milliseconds; an arrow tells that it really is beyond an end of the axis.
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
