import Foundation
import Unstick

/// A condition of a filter, and the list without it.
struct Chip {
    var label: String
    var href: String?
}

/// One option of a selection.
struct Choice {
    var value: String
    var label: String
    var selected: Bool

    /// The options of a selection, with one for all in front.
    static func list(_ options: [(value: String, label: String)], selected: String?, all: String) -> [Choice] {
        [Choice(value: "", label: all, selected: selected == nil)]
            + options.map { Choice(value: $0.value, label: $0.label, selected: $0.value == selected) }
    }
}

/// A time as the admin UI shows it.
struct TimeView {
    var iso: String
    var ago: String
    var utc: String

    init(_ time: Timestamp, now: Timestamp) {
        self.iso = time.description
        self.ago = time.ago(now)
        self.utc = time.utc
    }

    init?(_ time: Timestamp?, now: Timestamp) {
        guard let time else { return nil }
        self.init(time, now: now)
    }
}

extension Timestamp {
    /// To the second: `2026-11-23 09:15:00 UTC`.
    var utc: String { self.description.prefix(19).replacing("T", with: " ") + " UTC" }

    /// The machine's clock, for relative times on pages only; every decision uses the database's clock.
    static var machine: Timestamp {
        Timestamp(milliseconds: Int((Date().timeIntervalSince1970 * 1000).rounded(.down)))
    }
}

/// The progress of an action.
struct Progress {
    var done: String
    var total: String
    var text: String

    init(done: Int, total: Int, of what: String) {
        self.done = String(done)
        self.total = String(max(total, 1))
        self.text = "\(done.grouped) of \(total.of(what))"
    }
}
