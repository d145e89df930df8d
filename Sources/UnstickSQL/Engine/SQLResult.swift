import Unstick

/// What one statement answered.
package protocol SQLResult {
    /// How many rows it changed.
    var affected: Int { get }
    /// How many rows it answered with.
    var count: Int { get }

    func row(at index: Int) -> any StoredRow
}

extension SQLResult {
    package var first: (any StoredRow)? { self.count > 0 ? self.row(at: 0) : nil }

    package var rows: [any StoredRow] { (0..<self.count).map { self.row(at: $0) } }

    /// The row of a statement that always answers with one.
    ///
    /// - Throws: `databaseRejected` where there is none.
    package func only() throws -> any StoredRow {
        guard let first else {
            throw UnstickError(.databaseRejected, "A row is gone that was there just now. Try again.")
        }
        return first
    }
}
