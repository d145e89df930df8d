import Foundation
import GRDB
import Unstick
import UnstickSQL

/// An SQLite file, and which program's it is.
struct SQLiteFile {
    /// `Unst` in ASCII: what a file of ours has in its header from its next migration on (`PRAGMA application_id`).
    static let applicationID = 0x556E_7374

    let path: String

    enum Owner {
        /// There is no file, or no table in it.
        case none
        case unstick
        /// It has tables and no migration of ours.
        case other
    }

    var exists: Bool { FileManager.default.fileExists(atPath: self.path) }

    /// Finds out whose the file is, and changes nothing of it, nor of its folder.
    var owner: Owner {
        get throws {
            guard self.exists else { return .none }
            // Nobody has it open, so it is whole by itself. A log opened for it would stay in its folder.
            let isAlone = !["-wal", "-journal"].contains { FileManager.default.fileExists(atPath: self.path + $0) }
            if isAlone, let uri = self.uri, let owner = try? Self.owner(at: uri) { return owner }
            return try SQLiteFailure.translating { try Self.owner(at: self.path) }
        }
    }

    /// - Throws: ``UnstickError`` `schemaMismatch` where the file is another program's.
    func checkOwner(mustBeOurs: Bool) throws {
        switch try self.owner {
        case .unstick: break
        case .none where mustBeOurs:
            throw UnstickError(
                .databaseUnavailable,
                "The file '\(self.path)' has no tables. Check the path, or create them with 'unstick migrate'."
            )
        case .none: break
        case .other:
            throw UnstickError(
                .schemaMismatch,
                "The file '\(self.path)' belongs to another program: Unstick made none of its tables. Nothing was changed. "
                    + "Check the path, give Unstick a file of its own, or map these tables with --mapping or --preset."
            )
        }
    }

    private var uri: String? {
        self.path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed).map { "file:\($0)?immutable=1" }
    }

    private static func owner(at path: String) throws -> Owner {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        defer { try? queue.close() }
        return try queue.read { db in
            let hasTables = try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM sqlite_master)") ?? false
            guard hasTables else { return .none }
            // A file that another process is just making has its mark before its first step.
            let mark = try Int.fetchOne(db, sql: "PRAGMA application_id")
            return try mark == Self.applicationID || SQLiteMigrations.areBegun(in: db) ? .unstick : .other
        }
    }
}
