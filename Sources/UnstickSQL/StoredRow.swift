package import Unstick

/// A result row; columns are read by name.
package protocol StoredRow {
    func text(_ column: String) -> String?
    func integer(_ column: String) -> Int?
    func number(_ column: String) -> Double
    func flag(_ column: String) -> Bool
    func bytes(_ column: String) -> [UInt8]

    /// By the place of the column: a run does this for every job it takes.
    func text(at place: Int) -> String?
    func integer(at place: Int) -> Int?
}

extension StoredRow {
    /// A column that is never NULL.
    ///
    /// - Throws: `schemaMismatch` where it is NULL: the table is not the one that this version created.
    package func text(required column: String) throws -> String {
        guard let text = self.text(column) else { throw Self.missing(column) }
        return text
    }

    /// A column that is never NULL; see ``text(required:)``.
    package func integer(required column: String) throws -> Int {
        guard let integer = self.integer(column) else { throw Self.missing(column) }
        return integer
    }

    package func timestamp(_ column: String) -> Timestamp? {
        self.integer(column).map { Timestamp(milliseconds: $0) }
    }

    package func timestamp(required column: String) throws -> Timestamp {
        Timestamp(milliseconds: try self.integer(required: column))
    }

    /// A stored text as a case of its enum.
    ///
    /// - Throws: `schemaMismatch` for a text that this version does not know.
    package func word<Value: RawRepresentable<String>>(
        _ column: String,
        as type: Value.Type = Value.self
    ) throws -> Value {
        let word = try self.text(required: column)
        guard let value = Value(rawValue: word) else {
            throw UnstickError(
                .schemaMismatch,
                "The database holds a \(Value.self) '\(word)' that this version does not know."
            )
        }
        return value
    }

    private static func missing(_ column: String) -> UnstickError {
        UnstickError(.schemaMismatch, "The database holds a row without a usable '\(column)'.")
    }
}
