/// The prepared statements of a connection: those that it used last.
struct PreparedStatements {
    /// A server has 16,382 in total by default.
    static let most = 256

    private var kept: [String: Kept] = [:]
    private var uses = 0

    private struct Kept {
        let statement: MySQLPrepared
        var lastUse: Int
    }

    var count: Int { self.kept.count }

    /// The prepared statement of a text, prepared now if it is not cached.
    mutating func statement(
        _ sql: String,
        preparing prepare: () throws(MySQLError) -> MySQLPrepared
    ) throws(MySQLError) -> MySQLPrepared {
        self.uses += 1
        if let statement = self.kept[sql]?.statement {
            self.kept[sql]?.lastUse = self.uses
            return statement
        }
        let statement = try prepare()
        if self.kept.count == Self.most, let oldest = self.kept.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            self.kept[oldest.key] = nil
        }
        self.kept[sql] = Kept(statement: statement, lastUse: self.uses)
        return statement
    }
}
