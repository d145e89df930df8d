/// Which part of a text is where the text is put.
enum TextAnchor: String, Sendable {
    /// Its beginning.
    case start
    /// Its middle.
    case middle
    /// Its end.
    case end

    /// The value of the attribute; what it is by default need not be said.
    var value: SVGValue? { self == .start ? nil : .text(self.rawValue) }

    /// What a text of this width covers.
    func span(at x: Double, width: Double) -> ClosedRange<Double> {
        let start =
            switch self {
            case .start: x
            case .middle: x - width / 2
            case .end: x - width
            }
        return start...(start + width)
    }
}
