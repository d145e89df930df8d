/// A bar of a histogram, of which the part beyond a limit looks different.
struct HistogramBar: Hashable, Sendable {
    /// Where it begins.
    let start: Double
    /// Where the next one begins.
    let end: Double
    /// How many there are.
    let count: Int

    /// The part before a place.
    func part(before place: Double, on scale: Scale) -> SVGPath {
        self.part(from: self.start, to: min(place, self.end), on: scale)
    }

    /// The part from a place on.
    func part(beyond place: Double, on scale: Scale) -> SVGPath {
        self.part(from: max(place, self.start), to: self.end, on: scale)
    }

    private func part(from start: Double, to end: Double, on scale: Scale) -> SVGPath {
        var path = SVGPath()
        guard self.count > 0 else { return path }
        // Whatever is there shows, however little.
        let y = min(scale.place(Double(self.count)), scale.start - 2)
        let gap = self.end - self.start >= 3 ? 1.0 : 0
        path.rectangle(start, y, width: end - start - gap, height: scale.start - y)
        return path
    }
}
