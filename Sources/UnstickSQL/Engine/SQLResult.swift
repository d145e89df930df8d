import Unstick

/// The result of one statement.
package protocol SQLResult {
    /// The number of changed rows.
    var affected: Int { get }
    /// The number of returned rows.
    var count: Int { get }

    func row(at index: Int) -> any StoredRow
}

extension SQLResult {
    package var first: (any StoredRow)? { self.count > 0 ? self.row(at: 0) : nil }

    package var rows: [any StoredRow] { (0..<self.count).map { self.row(at: $0) } }

    /// The row of a statement that always returns one.
    ///
    /// - Throws: `databaseRejected` where there is none.
    package func only() throws -> any StoredRow {
        guard let first else {
            throw UnstickError(.databaseRejected, "A row is gone that was there just now. Try again.")
        }
        return first
    }
}
