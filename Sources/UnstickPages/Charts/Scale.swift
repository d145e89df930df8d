import Foundation

/// Maps values to places along an axis.
struct Scale: Hashable, Sendable {
    /// How the distance between two values is computed.
    enum Kind: Sendable {
        /// From their difference.
        case linear
        /// From their ratio; values must be above zero.
        case logarithmic
    }

    /// How the distance between two values is computed.
    let kind: Kind
    /// The value at the start.
    let lowest: Double
    /// The value at the end.
    let highest: Double
    /// The start of the axis.
    let start: Double
    /// The end of the axis, which may be before its start.
    let end: Double

    /// Makes a scale.
    init(_ kind: Kind, from lowest: Double, to highest: Double, start: Double, end: Double) {
        self.kind = kind
        self.lowest = lowest
        self.highest = highest
        self.start = start
        self.end = end
    }

    /// The place of a value in whole coordinates; values outside are put at the nearer end.
    func place(_ value: Double) -> Double {
        let value = min(max(value, self.lowest), self.highest)
        let share =
            switch self.kind {
            case .linear: (value - self.lowest) / (self.highest - self.lowest)
            case .logarithmic: log(value / self.lowest) / log(self.highest / self.lowest)
            }
        // Without a range there is no share.
        guard share.isFinite else { return self.start }
        return (self.start + share * (self.end - self.start)).rounded()
    }
}
