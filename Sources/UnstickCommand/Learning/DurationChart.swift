import Unstick
import UnstickLearning

/// The distribution of a group's durations up to its limits, in one line.
struct DurationChart {
    private static let cells = 48
    private static let heights = Array(" ▁▂▃▄▅▆▇█")
    private static let nameWidth = 20

    let line: Suggestions.Line

    init(_ line: Suggestions.Line) {
        self.line = line
    }

    /// From the fastest hundredth to the longest value, each cell longer than the one before by the same factor; `|`
    /// marks the suggested limit.
    var text: String {
        let durations = self.line.durations
        let shortest = max(.milliseconds(1), durations.quantile(0.01))
        let longest = max(shortest * 2, durations.slowest, self.line.suggested ?? .zero)
        let bars = durations.bars(Self.cells, from: shortest, to: longest)
        let most = max(1, bars.max() ?? 1)
        var cells = bars.map { bar in
            // Any count is visible, however small.
            Self.heights[bar == 0 ? 0 : max(1, bar * (Self.heights.count - 1) / most)]
        }
        if let suggested = self.line.suggested {
            var limit = Durations()
            limit.record(suggested)
            if let place = limit.bars(Self.cells, from: shortest, to: longest).firstIndex(of: 1), bars[place] == 0 {
                cells[place] = "|"
            }
        }
        let name = [self.line.group.kind ?? "all", self.line.group.tier].compactMap { $0 }.joined(separator: " ")
        return "\(String(name.prefix(Self.nameWidth)).padded(to: Self.nameWidth)) \(String(cells)) "
            + "\(shortest.text) – \(longest.text)"
    }
}
