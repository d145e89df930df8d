import Testing

@testable import UnstickPages

@Suite("Limit lines")
struct LimitLineTests {
    private static let frame = ChartFrame(
        width: 360,
        height: 164,
        fontSize: 12,
        left: 36,
        right: 332,
        top: 38,
        bottom: 144
    )

    private func line(_ kind: LimitLine.Kind, _ x: Int, _ text: String) -> LimitLine {
        LimitLine(kind: kind, x: Double(x), text: text)
    }

    @Test(
        "have labels that overlap neither each other nor a line, wherever the lines are",
        arguments: ["limit 5m", "limit 12m 30s", "limit 3650d 12h"],
        ["suggested 7m", "suggested 12m 30s", "suggested 365d 12h"]
    )
    func everywhere(limit: String, suggested: String) {
        var faults: [String] = []
        for first in stride(from: 36, through: 332, by: 8) {
            for second in stride(from: 36, through: 332, by: 3) {
                faults += self.faults(self.line(.inForce, first, limit), self.line(.suggested, second, suggested))
            }
        }
        #expect(faults.isEmpty)
    }

    @Test("have such labels for a limit at any distance beyond the axis")
    func beyond() {
        let left = self.line(.inForce, 36, "← limit 106751991167d 7h")
        let right = self.line(.inForce, 332, "limit 106751991167d 7h →")
        var faults: [String] = []
        for x in 36...332 {
            let suggested = self.line(.suggested, x, "suggested 12m 30s")
            faults += self.faults(suggested, left) + self.faults(right, suggested)
        }
        faults += self.faults(right, self.line(.suggested, 332, "suggested 106751991167d 7h →"))
        faults += self.faults(left, self.line(.suggested, 36, "← suggested 1ms"))
        #expect(faults.isEmpty)
    }

    /// Lines whose labels are not where they should be.
    private func faults(_ lines: LimitLine...) -> [String] {
        let labels = LimitLine.labels(of: lines, in: Self.frame)
        let spans = zip(lines, labels).map { $0.span(of: $1, in: Self.frame) }
        let areInside = spans.allSatisfy { $0.lowerBound >= 0 && $0.upperBound <= Self.frame.width }
        // Only the line of the upper label is as high as the lower one.
        let areClear = labels.indices.allSatisfy { labels[$0].row == 1 || !(spans[$0] ~= lines[1 - $0].x) }
        return areInside && areClear && Set(labels.map(\.row)) == [0, 1] ? [] : ["\(lines)"]
    }

    @Test("have one label beside them, or at the edge if it is too long for both sides")
    func single() {
        func label(_ x: Int, _ text: String) -> LimitLine.Label? {
            LimitLine.labels(of: [self.line(.inForce, x, text)], in: Self.frame).first
        }
        #expect(label(36, "limit 5m") == .init(x: 40, anchor: .start, row: 0))
        #expect(label(328, "limit 5m") == .init(x: 324, anchor: .end, row: 0))
        #expect(label(190, "limit of a really long text") == .init(x: 190, anchor: .middle, row: 0))
        #expect(label(40, String(repeating: "x", count: 60))?.x == 36)
        #expect(LimitLine.labels(of: [], in: Self.frame).isEmpty)
    }

    @Test("show with an arrow that the limit is beyond the axis")
    func arrows() {
        let axis = DurationAxis(from: 1000, to: 100_000, limits: [], in: Self.frame)
        let lines = [10, 1000, 30_000, 100_000, 86_400_000, .max].map { LimitLine(.inForce, $0, on: axis) }
        let texts = ["← limit 10ms", "limit 1s", "limit 30s", "limit 1m 40s", "limit 1d →", "limit 106751991167d 7h →"]
        #expect(lines.map(\.text) == texts)
        #expect(lines.first?.x == 36 && lines.last?.x == 332)
    }
}
