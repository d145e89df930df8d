/// A bar of a histogram; the part over a limit has another style.
struct HistogramBar: Hashable, Sendable {
    /// The start of the bar.
    let start: Double
    /// The start of the next bar.
    let end: Double
    /// The count.
    let count: Int

    /// The part before a place.
    func part(before place: Double, on scale: Scale) -> SVGPath {
        self.part(from: self.start, to: min(place, self.end), on: scale)
    }

    /// The part after a place.
    func part(beyond place: Double, on scale: Scale) -> SVGPath {
        self.part(from: max(place, self.start), to: self.end, on: scale)
    }

    private func part(from start: Double, to end: Double, on scale: Scale) -> SVGPath {
        var path = SVGPath()
        guard self.count > 0 else { return path }
        // Any count is visible, however small.
        let y = min(scale.place(Double(self.count)), scale.start - 2)
        let gap = self.end - self.start >= 3 ? 1.0 : 0
        path.rectangle(start, y, width: end - start - gap, height: scale.start - y)
        return path
    }
}
