import Foundation
import Unstick

/// A message to a monitor.
struct HeartbeatPing: Hashable, Sendable {
    /// The most bytes of text; Healthchecks stores no more by default.
    static let textLimit = 10_000

    /// What happened.
    let event: HeartbeatEvent
    /// The run.
    let run: HeartbeatRun
    /// The text for people, cut to ``textLimit``; `nil` for none.
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
    /// It has started.
    case start
    /// It has succeeded.
    case success
    /// It has failed.
    case failure
}

/// One run that a monitor watches; it links the ping at its end to the one at its start.
public struct HeartbeatRun: Hashable, Sendable {
    /// A UUID in lower case with hyphens, the form that all services accept.
    let id: String

    /// Makes a run.
    init(id: String = UUID().uuidString.lowercased()) {
        self.id = id
    }
}
