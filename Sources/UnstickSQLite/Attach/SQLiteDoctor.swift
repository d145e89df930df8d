import Foundation
import GRDB
public import Unstick
public import UnstickSQL

/// Checks an SQLite file, and the tables of a mapping in it, and reports problems.
///
/// It changes nothing.
public struct SQLiteDoctor: Sendable {
    private let path: String
    private let mapping: MappingFile?
    private let preset: Preset?
    private let policy: Policy

    /// - Parameters:
    ///   - path: the file.
    ///   - mapping: the tables to check; `nil` checks Unstick's own.
    ///   - preset: the preset of the mapping, if any.
    ///   - policy: the rules that decide which jobs are stuck.
    public init(path: String, mapping: MappingFile? = nil, preset: Preset? = nil, policy: Policy = Policy()) {
        (self.path, self.mapping, self.preset, self.policy) = (path, mapping, preset, policy)
    }

    /// The results of all checks.
    ///
    /// - Throws: ``/Unstick/UnstickError`` `databaseUnavailable` when the file does not exist or cannot be opened.
    public func examine() async throws -> [Finding] {
        try SQLiteStore.checkExists(SQLiteFile(path: self.path))
        if self.mapping == nil { try SQLiteFile(path: self.path).checkOwner(mustBeOurs: true) }
        let database = try SQLiteStore.openTeamFile(self.path, readsOnly: true)
        let findings = try await self.file(database) + [self.ownTables(database)]
        guard let mapping else { return findings }
        let compiler = try await MappingCompiler(
            mapping,
            preset: self.preset,
            from: SQLiteCatalogue(database: database),
            dialect: .attachedSQLite
        )
        let doctor = Doctor(compiler, self.policy) {
            SQLiteStore(database: database, map: $0, clock: SQLiteStore.machineClock)
        }
        return try await findings + doctor.examine()
    }

    private func ownTables(_ database: DatabaseQueue) async throws -> Finding {
        let isMapped = self.mapping != nil
        return try await Finding.ownTables(isMapped ? "tables unstick_…" : "tables", isMapped: isMapped) {
            try await SQLiteFailure.translated {
                try await database.read {
                    try isMapped ? SQLiteAttachedMigrations.check($0) : SQLiteMigrations.check($0)
                }
            }
        }
    }

    private func file(_ database: DatabaseQueue) async throws -> [Finding] {
        let version = try await SQLiteFailure.translated {
            try await database.read { try String.fetchOne($0, sql: "SELECT sqlite_version()") ?? "?" }
        }
        let isWritable = FileManager.default.isWritableFile(atPath: self.path)
        return [
            Finding(.ok, "connection", "SQLite \(version)"),
            isWritable
                ? Finding(.ok, "file", "this process may write it")
                : Finding(.error, "file", "this process may not write it", advice: "Check the rights of the file."),
        ]
    }
}
