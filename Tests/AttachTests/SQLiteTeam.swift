import Foundation
import GRDB
import TestSupport
import Unstick
import UnstickSQL
import UnstickSQLite

/// An SQLite file with a team's tables.
struct SQLiteTeam {
    let path: String

    /// - Parameter schema: a file of `Schemas` that creates the tables.
    static func with(schema: String? = nil, _ body: (SQLiteTeam) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            let team = SQLiteTeam(path: folder.appending(path: "app.sqlite3").path)
            if let schema {
                let file = Attached.schemas.appending(path: "\(schema).sqlite.sql")
                try team.sql(String(contentsOf: file, encoding: .utf8))
            }
            try await body(team)
        }
    }

    /// Runs a script as the team's own program.
    func sql(_ script: String) throws {
        let queue = try DatabaseQueue(path: self.path)
        defer { try? queue.close() }
        try queue.writeWithoutTransaction { try $0.execute(sql: script) }
    }

    /// The columns of the first row, with bars between them.
    func row(_ sql: String) throws -> String {
        let queue = try DatabaseQueue(path: self.path)
        defer { try? queue.close() }
        return try queue.read { db in
            let row = try Row.fetchOne(db, sql: sql)
            return (row.map { Array($0.databaseValues) } ?? []).map { value in
                switch value.storage {
                case .null: "NULL"
                case .int64(let number): "\(number)"
                case .double(let number): "\(number)"
                case .string(let text): text
                case .blob: "BLOB"
                }
            }.joined(separator: "|")
        }
    }

    /// - Parameter accepts: whether the ages of the jobs are accepted; see ``Attached/store(_:preset:accepts:)``.
    func store(
        _ mapping: MappingFile,
        preset: Preset? = nil,
        _ attaching: SQLiteStore.Attaching = .migrating,
        accepts: Bool = true,
        exact: Bool = true,
        clock: @escaping @Sendable () -> Timestamp = SQLiteStore.machineClock
    ) async throws -> SQLiteStore {
        let store = try await SQLiteStore(
            path: self.path,
            mapping: exact ? mapping.exact : mapping,
            preset: preset,
            attaching: attaching,
            clock: clock
        )
        if accepts, attaching != .reading { try await store.acceptAges(by: "test") }
        return store
    }

    func doctor(_ mapping: MappingFile, preset: Preset? = nil) async throws -> [Finding] {
        try await SQLiteDoctor(path: self.path, mapping: mapping, preset: preset).examine()
    }
}
