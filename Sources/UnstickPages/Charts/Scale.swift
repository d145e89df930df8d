import Foundation

/// Takes values to their places along an axis.
struct Scale: Hashable, Sendable {
    /// How far apart two values are.
    enum Kind: Sendable {
        /// By their difference.
        case linear
        /// By how many times as large one is as the other; values must be above zero.
        case logarithmic
    }

    /// How far apart two values are.
    let kind: Kind
    /// The value at the start.
    let lowest: Double
    /// The value at the end.
    let highest: Double
    /// Where the axis starts.
    let start: Double
    /// Where the axis ends, which may be before its start.
    let end: Double

    /// Makes a scale.
    init(_ kind: Kind, from lowest: Double, to highest: Double, start: Double, end: Double) {
        self.kind = kind
        self.lowest = lowest
        self.highest = highest
        self.start = start
        self.end = end
    }

    /// The place of a value on whole coordinates; what lies outside is put at the nearer end.
    func place(_ value: Double) -> Double {
        let value = min(max(value, self.lowest), self.highest)
        let share =
            switch self.kind {
            case .linear: (value - self.lowest) / (self.highest - self.lowest)
            case .logarithmic: log(value / self.lowest) / log(self.highest / self.lowest)
            }
        // There is no share where all values are one.
        guard share.isFinite else { return self.start }
        return (self.start + share * (self.end - self.start)).rounded()
    }
}
