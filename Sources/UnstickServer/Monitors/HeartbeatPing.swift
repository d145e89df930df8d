import Unstick

/// Something that a monitor is to be told.
struct HeartbeatPing: Hashable, Sendable {
    /// How many bytes of text are kept at most; Healthchecks stores no more of it unless it is set up to.
    static let textLimit = 10_000

    /// What happened.
    let event: HeartbeatEvent
    /// To which run.
    let run: HeartbeatRun
    /// What people are to read about it, cut to ``textLimit``; `nil` for nothing.
    let text: String?

    /// Makes a ping.
    init(_ event: HeartbeatEvent, _ run: HeartbeatRun, text: String? = nil) {
        self.event = event
        self.run = run
        let text = text?.cut(toBytes: Self.textLimit)
        self.text = text?.isEmpty == true ? nil : text
    }
}
