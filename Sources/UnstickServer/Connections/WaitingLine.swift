/// Connections in the order in which they began to wait for a request.
///
/// A step costs the same however long the line is: a new entry has waited since now, or since hardly earlier than the
/// last.
struct WaitingLine {
    private var places: [Int: (since: Int, before: Int?, after: Int?)] = [:]
    private var first: Int?
    private var last: Int?

    var isEmpty: Bool { self.first == nil }

    /// Puts a connection in its place, also if it was in the line before.
    ///
    /// - Parameter since: an increasing number.
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

    /// Removes a connection, if it is in the line.
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
