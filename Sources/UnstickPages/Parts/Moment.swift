import Foundation
import Unstick

/// A moment as the page shows it.
struct Moment {
    var iso: String
    var ago: String
    var utc: String

    init(_ moment: Timestamp, now: Timestamp) {
        self.iso = moment.description
        self.ago = moment.ago(now)
        self.utc = moment.utc
    }

    init?(_ moment: Timestamp?, now: Timestamp) {
        guard let moment else { return nil }
        self.init(moment, now: now)
    }
}

extension Timestamp {
    /// To the second: `2026-11-23 09:15:00 UTC`.
    var utc: String { self.description.prefix(19).replacing("T", with: " ") + " UTC" }

    /// The machine's clock, for how long ago something was: what decides anything asks the database.
    static var machine: Timestamp {
        Timestamp(milliseconds: Int((Date().timeIntervalSince1970 * 1000).rounded(.down)))
    }
}
