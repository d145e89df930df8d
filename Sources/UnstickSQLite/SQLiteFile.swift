import Foundation
import GRDB
import Unstick
import UnstickSQL

/// An SQLite file, and its owning program.
struct SQLiteFile {
    /// `Unst` in ASCII: the header of a file of ours has it after its next migration (`PRAGMA application_id`).
    static let applicationID = 0x556E_7374

    let path: String

    enum Owner {
        /// The file does not exist, or has no table.
        case none
        case unstick
        /// It has tables and no migration of ours.
        case other
    }

    var exists: Bool { FileManager.default.fileExists(atPath: self.path) }

    /// Determines the owner of the file, and changes nothing in it, nor in its folder.
    var owner: Owner {
        get throws {
            guard self.exists else { return .none }
            // No process has it open, so it is complete without its log. A log opened for it would stay in its folder.
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
            // A file that another process is creating has its mark before its first step.
            let mark = try Int.fetchOne(db, sql: "PRAGMA application_id")
            return try mark == Self.applicationID || SQLiteMigrations.areBegun(in: db) ? .unstick : .other
        }
    }
}
