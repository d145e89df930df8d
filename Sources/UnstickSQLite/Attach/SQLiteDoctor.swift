import Foundation
import GRDB
public import Unstick
public import UnstickSQL

/// Checks an SQLite file, and the tables of a mapping in it, and reports problems.
///
/// It changes nothing.
public struct SQLiteDoctor: Sendable {
    private let path: String
    private let mapping: MappingFile
    private let preset: Preset?
    private let policy: Policy

    /// - Parameters:
    ///   - path: the file.
    ///   - mapping: the tables to check.
    ///   - preset: the preset of the mapping, if any.
    ///   - policy: the rules that decide which jobs are stuck.
    public init(path: String, mapping: MappingFile, preset: Preset? = nil, policy: Policy = Policy()) {
        (self.path, self.mapping, self.preset, self.policy) = (path, mapping, preset, policy)
    }

    /// The results of all checks.
    ///
    /// - Throws: ``/Unstick/UnstickError`` `databaseUnavailable` when the file does not exist or cannot be opened.
    public func examine() async throws -> [Finding] {
        let database = try SQLiteStore.openTeamFile(self.path, readsOnly: true)
        let findings = try await SQLiteFailure.translated { try await database.read { try self.file($0) } }
        let compiler = try await MappingCompiler(
            self.mapping,
            preset: self.preset,
            from: SQLiteCatalogue(database: database),
            dialect: .attachedSQLite
        )
        let doctor = Doctor(compiler, self.policy) {
            SQLiteStore(database: database, map: $0, clock: SQLiteStore.machineClock)
        }
        return try await findings + doctor.examine()
    }

    private func file(_ db: Database) throws -> [Finding] {
        let version = try String.fetchOne(db, sql: "SELECT sqlite_version()") ?? "?"
        let isWritable = FileManager.default.isWritableFile(atPath: self.path)
        return [
            Finding(.ok, "connection", "SQLite \(version)"),
            isWritable
                ? Finding(.ok, "file", "this process may write it")
                : Finding(.error, "file", "this process may not write it", advice: "Check the rights of the file."),
            try self.ownTables(db),
        ]
    }

    private func ownTables(_ db: Database) throws -> Finding {
        do {
            try SQLiteAttachedMigrations.check(db)
            return Finding(.ok, "tables unstick_…", "exist and are up to date")
        } catch let error as UnstickError where error.code == .schemaMismatch {
            return Finding(
                .warning,
                "tables unstick_…",
                "are missing or out of date; reading works, cleaning does not",
                advice: "unstick migrate with the same --mapping or --preset"
            )
        }
    }
}
