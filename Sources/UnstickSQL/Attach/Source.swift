import Unstick

/// The stored identity of a mapping, so that its refunds are found whatever the name of its table.
///
/// Its id is created once and is part of the key of each refund; the mapping is found by its name.
package struct Source: Hashable, Sendable, Codable {
    /// The short id that is part of the keys.
    package var id: String
    /// The name of the mapping; the default is `schema.table`.
    package var name: String
    /// The database in which the mapping was last used.
    package var database: String
    /// The schema of its jobs' table.
    package var schema: String
    /// The jobs' table.
    package var table: String
    /// Whether refunds from before sources existed belong to this one.
    package var oldKeys: OldKeys
    /// Whether the table still exists.
    var isThere = true

    private enum CodingKeys: String, CodingKey {
        case id, name, database, schema, table, oldKeys
    }

    /// What refunds from before sources existed mean for a source.
    package enum OldKeys: String, Sendable, Codable {
        /// They do not belong to it.
        case none
        /// They belong to it, because it was the only known mapping.
        case assumed
        /// They may belong to it or to another one: an operator must decide. Until then the jobs that they fit are set
        /// aside.
        case unknown
        /// They belong to it: an operator decided so.
        case owned
    }

    /// The source for a search where none is stored yet.
    init(of tables: Attachment, isOnly: Bool) {
        self.id = ""
        (self.name, self.database) = (tables.name, "")
        (self.schema, self.table) = (tables.schema, tables.table)
        self.oldKeys = isOnly ? .assumed : .unknown
    }

    /// Whether it is stored, with the place of these tables.
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

    /// The table of its jobs with its schema.
    package var place: String { self.schema.isEmpty ? self.table : "\(self.schema).\(self.table)" }

    /// The parameters of statements that find and make keys.
    static func parameters(of source: Source?) -> SQLArguments {
        ["origin": SQLValue(source?.id), "oldKeys": .text((source?.oldKeys ?? .unknown).rawValue)]
    }

    /// The number of random characters in an id.
    private static let idLength = 4

    static func freeID(beside sources: [Source]) -> String {
        let letters = Array("abcdefghijkmnpqrstuvwxyz23456789")
        while true {
            let id = String((0..<self.idLength).compactMap { _ in letters.randomElement() })
            if !sources.contains(where: { $0.id == id }) { return id }
        }
    }
}

/// The source of a mapping among the stored ones.
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
        // A table without a mapping name may be a known table under a new name: with another key its jobs would be
        // refunded again.
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
    /// The stored sources, the oldest first.
    package func sources() async throws -> [Source] {
        guard try await self.engine.hasOwnTables else { return [] }
        return try await Attachment.stored(in: self.engine)
    }

    /// The source of a team's tables, created or moved where necessary; `nil` for Unstick's own.
    ///
    /// - Throws: ``/Unstick/UnstickError`` `invalidArgument` where two mappings would share a source, or one would lose its
    ///   own.
    @discardableResult
    package func makeSource() async throws -> Source? {
        guard let attachment = self.engine.map.attachment else { return nil }
        return try await attachment.makeSource(in: self.engine)
    }

    /// Renames a source; its mapping must then have the new name.
    ///
    /// - Throws: ``/Unstick/UnstickError`` `notFound` if no source has the name, `conflict` if another one has the new
    ///   name.
    package func renameSource(_ name: String, to newName: String) async throws {
        try MappingFile.check(name: newName)
        let parameters: SQLArguments = ["name": .text(name), "to": .text(newName)]
        let statements = SourceStatements(self.dialect)
        let findNew = SQLCall(statements.find, ["name": .text(newName)])
        let isRenamed = Unknown<Void>.readBack {
            try await self.engine.read([SQLCall(statements.find, parameters), findNew]) { results in
                results[0].count == 0 && results[1].count == 1 ? () : nil
            }
        }
        try await self.engine.write(ifUnknown: isRenamed) { transaction in
            let taken = try transaction.locked(statements, findNew)
            guard try transaction.run(statements.find, parameters).count == 1 else { throw Self.noSource(name) }
            guard taken.count == 0 else {
                throw UnstickError(.conflict, "Another mapping has the name '\(newName)'.")
            }
            try transaction.run(statements.rename, parameters)
        }
    }

    /// Assigns the refunds from before sources existed to a source.
    ///
    /// - Throws: ``/Unstick/UnstickError`` `notFound` if no source has the name.
    package func assignOldKeys(to name: String) async throws {
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
