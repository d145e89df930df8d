/// A part of a listing that was looked at: what matches in it, and where the next part begins.
///
/// A condition that no index serves is tried on at most ``Limits/window`` rows, so that a question costs the same however much
/// there is. So a window may hold little, or nothing, although more is to come.
public struct Window<Row: Sendable, Place: Sendable>: Sendable {
    /// What matches.
    public var rows: [Row]
    /// Where the next part begins; `nil` at the end.
    public var next: Place?
    /// The moment back to which was looked, where that ended the window and not its being full.
    public var lookedBackTo: Timestamp?

    /// Makes a window.
    public init(rows: [Row], next: Place?, lookedBackTo: Timestamp? = nil) {
        self.rows = rows
        self.next = next
        self.lookedBackTo = lookedBackTo
    }
}
