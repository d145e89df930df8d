/// Connections in the order in which they began to wait for a request.
///
/// One that has got its request stays in the line until its entry comes up, and is then passed over.
struct WaitingLine {
    private var entries: [(id: Int, turn: Int)] = []
    private var first = 0

    /// Puts a connection at the end.
    ///
    /// - Parameter isCurrent: whether an entry still waits.
    mutating func append(_ id: Int, _ turn: Int, isCurrent: (_ id: Int, _ turn: Int) -> Bool) {
        self.entries.append((id, turn))
        guard self.entries.count == self.entries.capacity else { return }
        // Before the line grows, those that wait no more leave it.
        self.entries = self.entries[self.first...].filter { isCurrent($0.id, $0.turn) }
        self.first = 0
        self.entries.reserveCapacity(2 * self.entries.count + 8)
    }

    /// Takes out the connection that has waited longest; `nil` where none waits.
    mutating func popFirst(isCurrent: (_ id: Int, _ turn: Int) -> Bool) -> Int? {
        while self.first < self.entries.count {
            let (id, turn) = self.entries[self.first]
            self.first += 1
            if isCurrent(id, turn) { return id }
        }
        return nil
    }
}
