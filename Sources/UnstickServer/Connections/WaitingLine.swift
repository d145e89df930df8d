/// Connections in the order since when they wait for a request.
///
/// A step costs the same however long the line is: who joins waits since now, or since hardly earlier than the last.
struct WaitingLine {
    private var places: [Int: (since: Int, before: Int?, after: Int?)] = [:]
    private var first: Int?
    private var last: Int?

    var isEmpty: Bool { self.first == nil }

    /// Puts a connection where it belongs, wherever it was.
    ///
    /// - Parameter since: a number that grows with time.
    mutating func join(_ id: Int, since: Int) {
        self.remove(id)
        var before = self.last
        var after: Int?
        while let neighbour = before, let place = self.places[neighbour], place.since > since {
            (before, after) = (place.before, neighbour)
        }
        self.places[id] = (since, before, after)
        if let before { self.places[before]?.after = id } else { self.first = id }
        if let after { self.places[after]?.before = id } else { self.last = id }
    }

    /// Takes a connection out, if it is in the line.
    mutating func remove(_ id: Int) {
        guard let (_, before, after) = self.places.removeValue(forKey: id) else { return }
        if let before { self.places[before]?.after = after } else { self.first = after }
        if let after { self.places[after]?.before = before } else { self.last = before }
    }

    /// The connection that has waited longest.
    var longest: (id: Int, since: Int)? {
        self.first.flatMap { id in self.places[id].map { (id, $0.since) } }
    }
}
