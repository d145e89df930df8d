/// A JSON array of objects, as ``SQLDialect/rows(of:_:)`` reads it.
package enum RowList {
    /// How long a list may be, in bytes: half of the smallest `max_allowed_packet` that MySQL has had by default.
    static let longest = 524_288

    /// One list of all objects.
    static func all(_ objects: some Collection<String>) -> String { "[\(objects.joined(separator: ","))]" }

    /// Lists of all objects, in their order, each short enough for one statement.
    static func short(_ objects: [String]) -> [String] {
        var lists: [String] = []
        var (start, length) = (objects.startIndex, 0)
        for (index, object) in objects.enumerated() {
            if index > start, length + object.utf8.count > self.longest {
                lists.append(self.all(objects[start..<index]))
                (start, length) = (index, 0)
            }
            length += object.utf8.count + 1
        }
        return start < objects.endIndex ? lists + [self.all(objects[start...])] : lists
    }
}
