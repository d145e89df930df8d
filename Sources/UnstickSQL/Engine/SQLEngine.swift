import Unstick

/// What a store needs from a database: it runs statements, one transaction at a time.
///
/// A new database needs an engine, a dialect and a schema.
package protocol SQLEngine: Sendable {
    var dialect: any SQLDialect { get }

    /// Settings of the server that put money at risk, as text; empty when there are none.
    func warnings() async throws -> [String]

    /// Whether Unstick's own tables exist: a team's tables can be read before that.
    var hasOwnTables: Bool { get async throws }

    /// The tables of the jobs.
    var map: ResolvedTables { get }

    /// The parameters of refund keys, as last read.
    var keyParameters: SQLArguments { get }

    /// Reads them again: an operator may have changed which source owns the old keys.
    func readKeyParameters() async throws -> SQLArguments

    /// The parameters of new keys; stored first if necessary.
    func makeKeyParameters() async throws -> SQLArguments

    /// Reads in one round trip. It may run twice.
    func read<Value: Sendable>(_ calls: [SQLCall], _ use: @escaping ResultUse<Value>) async throws -> Value

    /// Reads at one moment, with the time limit for statements over all of the data. It may run twice.
    func snapshot<Value: Sendable>(_ calls: [SQLCall], _ use: @escaping ResultUse<Value>) async throws -> Value

    /// Reads all rows of a statement as of one moment, in bounded memory. It may run twice.
    func scan<Value: Sendable>(
        _ call: SQLCall,
        into initial: Value,
        _ update: @escaping RowUpdate<Value>
    ) async throws -> Value

    /// Changes something, in one round trip and one transaction. It may run twice, and must be harmless then.
    func change<Value: Sendable>(_ calls: [SQLCall], _ use: @escaping ResultUse<Value>) async throws -> Value

    /// Runs a transaction whose reads decide its writes.
    ///
    /// - Parameter takesLong: whether its statements have the time limit of those over all of the data.
    func write<Value: Sendable>(
        ifUnknown: Unknown<Value>,
        takesLong: Bool,
        _ body: @escaping TransactionBody<Value>
    ) async throws -> Value
}

/// Uses the results of calls, in their order.
package typealias ResultUse<Value> = @Sendable ([any SQLResult]) throws -> Value

/// Adds a row to the result of a scan.
package typealias RowUpdate<Value> = @Sendable (inout Value, any StoredRow) -> Void

/// The work of a transaction.
package typealias TransactionBody<Value> = @Sendable (any SQLTransaction) throws -> Value

extension SQLEngine {
    /// The mapping of a team's own tables in Unstick's own; an empty text for Unstick's own jobs.
    package var source: SQLValue { self.map.isAttached ? self.keyParameters["origin"] ?? "" : "" }

    /// An embedded database has no server.
    package func warnings() -> [String] { [] }

    /// Runs a transaction of short statements.
    package func write<Value: Sendable>(
        ifUnknown: Unknown<Value>,
        _ body: @escaping TransactionBody<Value>
    ) async throws -> Value {
        try await self.write(ifUnknown: ifUnknown, takesLong: false, body)
    }
}

/// A transaction in progress.
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
    /// Read back by key whether it happened; `nil` means no.
    case readBack(@Sendable () async throws -> Value?)
    /// Throw the error.
    case fail
}
