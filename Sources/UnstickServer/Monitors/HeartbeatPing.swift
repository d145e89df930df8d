import Foundation
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

/// A ping about a run.
enum HeartbeatEvent: Hashable, Sendable {
    /// It has begun.
    case start
    /// It has ended well.
    case success
    /// It has ended badly.
    case failure
}

/// One run of something that a monitor watches; it ties the ping at its end to the one at its start.
public struct HeartbeatRun: Hashable, Sendable {
    /// A UUID in lower case with hyphens, the one form that all services take.
    let id: String

    /// Names a run.
    init(id: String = UUID().uuidString.lowercased()) {
        self.id = id
    }
}
