import Synchronization
import Unstick

/// The team's tables of a store, and the source of their keys.
package final class Attachment: Sendable {
    /// The name of the mapping.
    package let name: String
    /// The schema of its jobs.
    package let schema: String
    package let table: String
    /// The columns and kinds of the jobs' times.
    package let times: String
    private let lastKnown = Mutex<Source?>(nil)
    private let admitted = Mutex(false)

    package init(name: String, schema: String, table: String, times: String) {
        (self.name, self.schema, self.table, self.times) = (name, schema, table, times)
    }

    /// The table of the jobs with its schema.
    var place: String { self.schema.isEmpty ? self.table : "\(self.schema).\(self.table)" }

    /// Whether a run that changes jobs has started with these times.
    var isAdmitted: Bool {
        get { self.admitted.withLock { $0 } }
        set { self.admitted.withLock { $0 = newValue } }
    }

    /// The source as it was last read.
    var known: Source? { self.lastKnown.withLock { $0 } }

    /// The source, its id empty where none is stored yet; `nil` where Unstick's own tables are missing.
    ///
    /// Read again for each run: an operator may have changed which source owns the old keys.
    package func source(in engine: some SQLEngine) async throws -> Source? {
        guard try await engine.hasOwnTables else { return nil }
        let stored = try await Self.stored(in: engine)
        let source: Source
        switch try SourceChoice(self, among: stored) {
        // The first run that changes something stores a new source or a new place.
        case .known(let known), .moved(let known): source = known
        case .new: source = Source(of: self, isOnly: stored.isEmpty)
        }
        self.lastKnown.withLock { $0 = source }
        return source
    }

    /// The stored sources, the oldest first.
    static func stored(in engine: some SQLEngine) async throws -> [Source] {
        try await engine.read([SQLCall(SourceStatements(engine.dialect).list)]) {
            try $0[0].rows.map { try Source(row: $0) }
        }
    }

    /// The source, created or moved where necessary.
    package func makeSource(in engine: some SQLEngine) async throws -> Source {
        if let known, known.isStored(for: self) { return known }
        let made = try await engine.write(ifUnknown: .repeatIt, takesLong: true) { try self.make(engine.map, in: $0) }
        self.lastKnown.withLock { $0 = made }
        return made
    }

    private func make(_ map: ResolvedTables, in transaction: any SQLTransaction) throws -> Source {
        let statements = SourceStatements(map.dialect)
        let stored = try transaction.locked(statements, SQLCall(statements.list)).rows.map { try Source(row: $0) }
        let parameters: SQLArguments = ["schema": .text(self.schema), "table": .text(self.table)]
        switch try SourceChoice(self, among: stored) {
        case .known(let source): return source
        case .moved(let source):
            try transaction.run(statements.move, parameters.merging(["id": .text(source.id)]) { $1 })
        case .new:
            let oldKeys = try Self.oldKeys(map, beside: stored, in: transaction)
            if oldKeys == .unknown { try transaction.run(statements.dispute) }
            let new: SQLArguments = [
                "id": .text(Source.freeID(beside: stored)), "name": .text(self.name),
                "oldKeys": .text(oldKeys.rawValue),
            ]
            try transaction.run(statements.insert, parameters.merging(new) { $1 })
        }
        return try Source(row: try transaction.run(statements.find, ["name": .text(self.name)]).only())
    }

    /// The meaning of the old keys for a new source.
    ///
    /// They belong to the one mapping that is known. If they also fit a second one, only an operator can decide.
    private static func oldKeys(
        _ map: ResolvedTables,
        beside sources: [Source],
        in transaction: any SQLTransaction
    ) throws -> Source.OldKeys {
        let statements = SourceStatements(map.dialect)
        guard try transaction.run(statements.hasOldKeys).first?.flag("found") == true,
            !sources.contains(where: { $0.oldKeys == .owned })
        else { return .none }
        guard !sources.isEmpty else { return .assumed }
        guard sources.contains(where: { [.assumed, .unknown].contains($0.oldKeys) }) else { return .none }
        let fits = try transaction.run([SQLCall(statements.fitsOldKeys(map.jobs))], searchPath: map.searchPath)[0].first
        return fits?.flag("found") == true ? .unknown : .none
    }
}

extension SQLTransaction {
    /// Runs a call about sources while no other node changes them.
    func locked(_ statements: SourceStatements, _ call: SQLCall) throws -> any SQLResult {
        let lock = statements.lock.map { [SQLCall($0)] } ?? []
        return try self.run(lock + [call])[lock.count]
    }
}

extension SQLEngine {
    /// The parameters of refund keys; without a source, all earlier refunds have old keys.
    package var keyParameters: SQLArguments { Source.parameters(of: self.map.attachment?.known) }

    package func readKeyParameters() async throws -> SQLArguments {
        Source.parameters(of: try await self.map.attachment?.source(in: self))
    }

    package func makeKeyParameters() async throws -> SQLArguments {
        Source.parameters(of: try await self.map.attachment?.makeSource(in: self))
    }
}
