import Unstick

extension Int {
    /// So many milliseconds as people read them: `2.5s`, `12m 30s`.
    ///
    /// Of a few seconds, the fraction is worth telling: on a logarithmic axis it is wide.
    var durationText: String {
        guard 1000..<10_000 ~= self else { return Duration.milliseconds(self).text }
        return SVG.text(of: Double(self) / 1000) + "s"
    }
}
