import Unstick

/// What a database does for a store: it runs statements, one transaction at a time.
///
/// A new database is an engine, a dialect and a schema.
package protocol SQLEngine: Sendable {
    var dialect: any SQLDialect { get }

    /// Whether Unstick's own tables are there: a team's may be looked at before they are made.
    var hasOwnTables: Bool { get async throws }

    /// Where the jobs are.
    var map: ResolvedTables { get }

    /// What the keys of refunds are looked up and made by, as it was last read.
    var keyFacts: SQLArguments { get }

    /// Reads them again: an operator may have changed who owns the old keys.
    func readKeyFacts() async throws -> SQLArguments

    /// What new keys are made by, stored if it is not yet.
    func makeKeyFacts() async throws -> SQLArguments

    /// Looks, in one round trip. It may run twice.
    func read<Value: Sendable>(
        _ calls: [SQLCall],
        _ use: @Sendable @escaping ([any SQLResult]) throws -> Value
    ) async throws -> Value

    /// Looks at one moment, for as long as statements over all of the data take. It may run twice.
    func snapshot<Value: Sendable>(
        _ calls: [SQLCall],
        _ use: @Sendable @escaping ([any SQLResult]) throws -> Value
    ) async throws -> Value

    /// Reads all rows of a statement as of one moment, however many they are, without keeping them. It may run twice.
    func scan<Value: Sendable>(
        _ call: SQLCall,
        into initial: Value,
        _ update: @Sendable @escaping (inout Value, any StoredRow) -> Void
    ) async throws -> Value

    /// Changes something, in one round trip and one transaction. It may run twice, and must be harmless then.
    func change<Value: Sendable>(
        _ calls: [SQLCall],
        _ use: @Sendable @escaping ([any SQLResult]) throws -> Value
    ) async throws -> Value

    /// Runs a transaction, in which what is read decides what is written.
    ///
    /// - Parameter takesLong: whether its statements may take as long as those over all of the data.
    func write<Value: Sendable>(
        ifUnknown: Unknown<Value>,
        takesLong: Bool,
        _ body: @Sendable @escaping (any SQLTransaction) throws -> Value
    ) async throws -> Value
}

extension SQLEngine {
    /// Runs a transaction of short statements.
    package func write<Value: Sendable>(
        ifUnknown: Unknown<Value>,
        _ body: @Sendable @escaping (any SQLTransaction) throws -> Value
    ) async throws -> Value {
        try await self.write(ifUnknown: ifUnknown, takesLong: false, body)
    }
}

/// A transaction while it goes on.
package protocol SQLTransaction {
    /// Runs calls in one round trip.
    func run(_ calls: [SQLCall]) throws -> [any SQLResult]

    /// Runs calls that touch a team's own tables, whose functions and triggers use this search path.
    func run(_ calls: [SQLCall], searchPath: String?) throws -> [any SQLResult]

    /// Runs the last calls, with the commit in the same round trip.
    func finish(_ calls: [SQLCall]) throws -> [any SQLResult]
}

extension SQLTransaction {
    @discardableResult
    package func run(_ sql: String, _ arguments: SQLArguments = [:]) throws -> any SQLResult {
        try self.run([SQLCall(sql, arguments)])[0]
    }
}

/// What to do when the connection is lost at the `COMMIT` and the outcome is unknown.
package enum Unknown<Value: Sendable>: Sendable {
    /// Run it again: its keys make that harmless.
    case repeatIt
    /// Read back by key whether it happened; `nil` is no.
    case readBack(@Sendable () async throws -> Value?)
    /// Tell the caller.
    case tell
}
