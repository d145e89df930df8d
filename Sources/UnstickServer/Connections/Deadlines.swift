import NIOCore

/// The deadlines of a connection, one for each thing that it waits for; the earliest counts.
///
/// A deadline that moves costs nothing: the current timer checks it when it fires.
struct Deadlines {
    /// What a connection waits for.
    enum Wait: Int, CaseIterable {
        case head, body, answer, taking, idle, closing
    }

    private var due: [NIODeadline?] = Array(repeating: nil, count: Wait.allCases.count)

    subscript(wait: Wait) -> NIODeadline? {
        get { self.due[wait.rawValue] }
        set { self.due[wait.rawValue] = newValue }
    }

    /// The earliest deadline.
    var first: (wait: Wait, at: NIODeadline)? {
        Wait.allCases.compactMap { wait in self[wait].map { (wait, $0) } }.min { $0.1 < $1.1 }
    }

    mutating func clear() { self.due = Array(repeating: nil, count: Wait.allCases.count) }
}
