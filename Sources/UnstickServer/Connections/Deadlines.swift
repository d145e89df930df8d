import NIOCore

/// The moments until which a connection must have got on, one for each thing that it waits for; the earliest counts.
///
/// A deadline that moves on costs nothing: the timer that is set finds it when it fires.
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

    /// What is due first.
    var first: (wait: Wait, at: NIODeadline)? {
        Wait.allCases.compactMap { wait in self[wait].map { (wait, $0) } }.min { $0.1 < $1.1 }
    }

    mutating func clear() { self.due = Array(repeating: nil, count: Wait.allCases.count) }
}
