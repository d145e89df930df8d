import Synchronization
import Unstick
import UnstickSQL

/// What is kept of a mapping, so that its refunds are known again whatever its table is called.
///
/// Its id is made once and is part of the key of each refund; its name finds it again.
public struct Source: Hashable, Sendable, Codable {
    /// The short id that is part of the keys.
    public var id: String
    /// The name of the mapping: the one it says, else `schema.table`.
    public var name: String
    /// The database in which the mapping was last used.
    public var database: String
    /// The schema of its jobs' table.
    public var schema: String
    /// The jobs' table.
    public var table: String
    /// Whether refunds from before there were sources are this one's.
    public var oldKeys: OldKeys
    /// Whether the table is still there.
    var isThere = true

    private enum CodingKeys: String, CodingKey {
        case id, name, database, schema, table, oldKeys
    }

    /// What refunds from before there were sources mean to a source.
    public enum OldKeys: String, Sendable, Codable {
        /// They are not this one's.
        case none
        /// They are this one's, because it is the only mapping that was known.
        case assumed
        /// They may be this one's or another's: an operator must say. Until then the jobs they fit are set aside.
        case unknown
        /// They are this one's: an operator said so.
        case owned
    }

    /// What is gone by where none is stored yet, for a look.
    init(looking tables: PostgresStore.AttachedTables, isOnly: Bool) {
        self.id = ""
        (self.name, self.database) = (tables.name, "")
        (self.schema, self.table) = (tables.schema, tables.table)
        self.oldKeys = isOnly ? .assumed : .unknown
    }

    /// Whether it is stored, with these tables' place.
    func isStored(for tables: PostgresStore.AttachedTables) -> Bool {
        !self.id.isEmpty && self.schema == tables.schema && self.table == tables.table
    }

    init(row: some StoredRow) throws {
        self.id = try row.text(required: "id")
        self.name = try row.text(required: "name")
        self.database = try row.text(required: "database")
        self.schema = try row.text(required: "schema")
        self.table = try row.text(required: "table")
        self.oldKeys = try row.word("old_keys")
        self.isThere = row.flag("is_there")
    }

    /// Where its jobs are.
    var place: String { "\(self.schema).\(self.table)" }
}

/// Which source a mapping has, given those that are stored.
enum SourceChoice: Hashable {
    /// This one.
    case known(Source)
    /// This one; its table was renamed or moved.
    case moved(Source)
    /// None yet.
    case new

    /// - Throws: `invalidArgument` where two mappings would share a source, or one would lose its own.
    init(_ tables: PostgresStore.AttachedTables, among sources: [Source]) throws {
        let (name, place) = (tables.name, "\(tables.schema).\(tables.table)")
        if let other = sources.first(where: { $0.place == place && $0.name != name }) {
            throw UnstickError(
                .invalidArgument,
                "The table \(place) is known under the name '\(other.name)', and its refunds are kept under it. Run "
                    + "'unstick mapping rename \(other.name) \(name)', or put 'name: \(other.name)' into the mapping."
            )
        }
        if let named = sources.first(where: { $0.name == name }) {
            guard named.place != place else {
                self = .known(named)
                return
            }
            guard !named.isThere else {
                throw UnstickError(
                    .invalidArgument,
                    "The mapping's name '\(name)' belongs to the table \(named.place), which still exists. Give the mapping "
                        + "of \(place) a name of its own ('name:')."
                )
            }
            self = .moved(named)
            return
        }
        // A table without a name of its own may be one that is known: by another key its jobs would be refunded again.
        if name == place, let gone = sources.first(where: { !$0.isThere }) {
            throw UnstickError(
                .invalidArgument,
                "The table \(gone.place) of the mapping '\(gone.name)' is gone, and \(place) is not known yet. If it is that "
                    + "table under another name, run 'unstick mapping rename \(gone.name) \(name)', so that nothing is "
                    + "refunded twice. If it is another table, give its mapping a name ('name:')."
            )
        }
        self = .new
    }
}

extension PostgresStore {
    /// How many random characters an id has.
    private static let sourceIDLength = 4

    /// The sources that are stored, the oldest first.
    public func sources() async throws -> [Source] {
        guard try await self.hasOwnTables else { return [] }
        return try await self.query(SourceStatements.list, [:]) { try Source(row: $0) }
    }

    /// Gives a source another name, which its mapping then has.
    ///
    /// - Throws: `notFound` where none has the name, `conflict` where another one has the new name.
    public func renameSource(_ name: String, to newName: String) async throws {
        try MappingFile.check(name: newName)
        let facts: SQLArguments = ["name": .text(name), "to": .text(newName)]
        try await self.transact(ifUnknown: .repeatIt) { transaction in
            let taken = try transaction.run([
                SQLCall(SourceStatements.lock),
                SQLCall(SourceStatements.find, ["name": .text(newName)]),
                SQLCall(SourceStatements.find, facts),
            ])
            guard taken[1].count == 0 else {
                // Run again after a lost answer: it is done.
                if taken[2].count == 0 { return }
                throw UnstickError(.conflict, "Another mapping has the name '\(newName)'.")
            }
            guard taken[2].count == 1 else { throw Self.noSource(name) }
            try transaction.run(SourceStatements.rename, facts)
        }
    }

    /// Says whose the refunds are that were made before there were sources.
    public func assignOldKeys(to name: String) async throws {
        try await self.transact(ifUnknown: .repeatIt) { transaction in
            let found = try transaction.run([
                SQLCall(SourceStatements.lock), SQLCall(SourceStatements.find, ["name": .text(name)]),
            ])
            guard found[1].count == 1 else { throw Self.noSource(name) }
            try transaction.run(SourceStatements.decide, ["name": .text(name)])
        }
    }

    private static func noSource(_ name: String) -> UnstickError {
        UnstickError(.notFound, "No mapping has the name '\(name)'. 'unstick mapping list' shows those that were used.")
    }

    /// The source of the attached tables, its id empty where none is stored yet; `nil` where there are no tables of ours.
    ///
    /// Read anew for each run: an operator may have said meanwhile whose the old keys are.
    func currentSource() async throws -> Source? {
        guard let tables = self.attached, try await self.hasOwnTables else { return nil }
        let sources = try await self.sources()
        let source: Source
        switch try SourceChoice(tables, among: sources) {
        // Its new place is noted by the first run that changes something, and so is a new one.
        case .known(let known), .moved(let known): source = known
        case .new: source = Source(looking: tables, isOnly: sources.isEmpty)
        }
        self.knownSource.withLock { $0 = source }
        return source
    }

    /// The source of the attached tables, which is made or moved where it has to be; `nil` for Unstick's own.
    @discardableResult
    public func makeSource() async throws -> Source? {
        guard let tables = self.attached else { return nil }
        if let known = self.knownSource.withLock({ $0 }), known.isStored(for: tables) { return known }
        let map = self.map
        let made = try await self.transact(ifUnknown: .repeatIt, limit: Self.longLimit) { transaction in
            let stored = try transaction.run([
                SQLCall(SourceStatements.lock), SQLCall(SourceStatements.list),
            ])[1].rows.map { try Source(row: $0) }
            let facts: SQLArguments = ["schema": .text(tables.schema), "table": .text(tables.table)]
            switch try SourceChoice(tables, among: stored) {
            case .known(let source): return source
            case .moved(let source):
                try transaction.run(SourceStatements.move, facts.merging(["id": .text(source.id)]) { $1 })
            case .new:
                let oldKeys = try Self.oldKeys(map, beside: stored, in: transaction)
                if oldKeys == .unknown { try transaction.run(SourceStatements.dispute) }
                let new: SQLArguments = [
                    "id": .text(Self.freeID(beside: stored)), "name": .text(tables.name),
                    "oldKeys": .text(oldKeys.rawValue),
                ]
                try transaction.run(SourceStatements.insert, facts.merging(new) { $1 })
            }
            return try Source(
                row: try transaction.run(SourceStatements.find, ["name": .text(tables.name)]).only()
            )
        }
        self.knownSource.withLock { $0 = made }
        return made
    }

    /// What the old keys mean to a source that is made now.
    ///
    /// They belong to the one mapping that is known. Where they fit a second one too, nobody but an operator can tell.
    private static func oldKeys(
        _ map: TableMap,
        beside sources: [Source],
        in transaction: PostgresTransaction
    ) throws -> Source.OldKeys {
        guard try transaction.run(SourceStatements.hasOldKeys).first?.flag("found") == true,
            !sources.contains(where: { $0.oldKeys == .owned })
        else { return .none }
        guard !sources.isEmpty else { return .assumed }
        guard sources.contains(where: { [.assumed, .unknown].contains($0.oldKeys) }) else { return .none }
        let fits = try transaction.run(
            [SQLCall(SourceStatements.fitsOldKeys(map.jobs))],
            searchPath: map.searchPath
        )[0].first
        return fits?.flag("found") == true ? .unknown : .none
    }

    private static func freeID(beside sources: [Source]) -> String {
        let letters = Array("abcdefghijkmnpqrstuvwxyz23456789")
        while true {
            let id = String((0..<self.sourceIDLength).compactMap { _ in letters.randomElement() })
            if !sources.contains(where: { $0.id == id }) { return id }
        }
    }
}
