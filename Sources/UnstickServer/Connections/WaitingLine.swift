/// Connections in the order in which they began to wait for a request.
///
/// Each step costs the same, however long the line is.
struct WaitingLine {
    private var neighbours: [Int: (before: Int?, after: Int?)] = [:]
    private var first: Int?
    private var last: Int?

    var isEmpty: Bool { self.first == nil }

    /// Puts a connection at the end, wherever it was.
    mutating func append(_ id: Int) {
        self.remove(id)
        self.neighbours[id] = (self.last, nil)
        if let last { self.neighbours[last]?.after = id } else { self.first = id }
        self.last = id
    }

    /// Takes a connection out, if it is in the line.
    mutating func remove(_ id: Int) {
        guard let (before, after) = self.neighbours.removeValue(forKey: id) else { return }
        if let before { self.neighbours[before]?.after = after } else { self.first = after }
        if let after { self.neighbours[after]?.before = before } else { self.last = before }
    }

    /// The connection that has waited longest.
    var longest: Int? { self.first }
}
