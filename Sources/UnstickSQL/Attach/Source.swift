import Unstick

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

    /// What a search uses where none is stored yet.
    init(of tables: Attachment, isOnly: Bool) {
        self.id = ""
        (self.name, self.database) = (tables.name, "")
        (self.schema, self.table) = (tables.schema, tables.table)
        self.oldKeys = isOnly ? .assumed : .unknown
    }

    /// Whether it is stored, with these tables' place.
    func isStored(for tables: Attachment) -> Bool {
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
    public var place: String { self.schema.isEmpty ? self.table : "\(self.schema).\(self.table)" }

    /// What statements look up and make keys by.
    static func parameters(of source: Source?) -> SQLArguments {
        ["origin": SQLValue(source?.id), "oldKeys": .text((source?.oldKeys ?? .unknown).rawValue)]
    }

    /// How many random characters an id has.
    private static let idLength = 4

    static func freeID(beside sources: [Source]) -> String {
        let letters = Array("abcdefghijkmnpqrstuvwxyz23456789")
        while true {
            let id = String((0..<self.idLength).compactMap { _ in letters.randomElement() })
            if !sources.contains(where: { $0.id == id }) { return id }
        }
    }
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
    init(_ tables: Attachment, among sources: [Source]) throws {
        let (name, place) = (tables.name, tables.place)
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

extension SQLStore {
    /// The sources that are stored, the oldest first.
    public func sources() async throws -> [Source] {
        guard try await self.engine.hasOwnTables else { return [] }
        return try await Attachment.stored(in: self.engine)
    }

    /// The source of a team's tables, which is made or moved where it has to be; `nil` for Unstick's own.
    ///
    /// - Throws: ``Unstick/UnstickError`` `invalidArgument` where two mappings would share a source, or one would lose its
    ///   own.
    @discardableResult
    public func makeSource() async throws -> Source? {
        guard let attachment = self.engine.map.attachment else { return nil }
        return try await attachment.makeSource(in: self.engine)
    }

    /// Gives a source another name, which its mapping then has.
    ///
    /// - Throws: ``Unstick/UnstickError`` `notFound` where none has the name, `conflict` where another one has the new name.
    public func renameSource(_ name: String, to newName: String) async throws {
        try MappingFile.check(name: newName)
        let parameters: SQLArguments = ["name": .text(name), "to": .text(newName)]
        let statements = SourceStatements(self.dialect)
        try await self.engine.write(ifUnknown: .repeatIt) { transaction in
            let taken = try transaction.locked(statements, SQLCall(statements.find, ["name": .text(newName)]))
            let found = try transaction.run(statements.find, parameters)
            guard taken.count == 0 else {
                // Run again after a lost answer: it is done.
                if found.count == 0 { return }
                throw UnstickError(.conflict, "Another mapping has the name '\(newName)'.")
            }
            guard found.count == 1 else { throw Self.noSource(name) }
            try transaction.run(statements.rename, parameters)
        }
    }

    /// Says which source owns the refunds that were made before there were sources.
    ///
    /// - Throws: ``Unstick/UnstickError`` `notFound` where none has the name.
    public func assignOldKeys(to name: String) async throws {
        let statements = SourceStatements(self.dialect)
        try await self.engine.write(ifUnknown: .repeatIt) { transaction in
            let found = try transaction.locked(statements, SQLCall(statements.find, ["name": .text(name)]))
            guard found.count == 1 else { throw Self.noSource(name) }
            try transaction.run(statements.decide, ["name": .text(name)])
        }
    }

    private static func noSource(_ name: String) -> UnstickError {
        UnstickError(.notFound, "No mapping has the name '\(name)'. 'unstick mapping list' shows those that were used.")
    }
}
