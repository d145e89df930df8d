import Unstick

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
