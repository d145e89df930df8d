internal import Foundation

/// One run of something that a monitor watches; it ties the ping at its end to the one at its start.
public struct HeartbeatRun: Hashable, Sendable {
    /// A UUID in lower case with hyphens, the one form that all services take.
    let id: String

    /// Names a run.
    init(id: String = UUID().uuidString.lowercased()) {
        self.id = id
    }
}
