import Foundation
import GRDB
import Unstick
import UnstickSQL

/// Opens a database and upgrades its schema, also when several processes do it at once.
enum SQLiteMigrations {
    /// How often, a tenth of a second apart, a process retries while another one migrates.
    private static let tries = 100

    static func openMigrated(_ open: () throws -> any DatabaseWriter) throws -> any DatabaseWriter {
        try SQLiteFailure.translating {
            let database = try repeating { try open() }
            // A migration takes the write lock, and a reader must not wait for the long transaction of another process.
            guard try database.read({ try !migrator.hasCompletedMigrations($0) }) else {
                try database.read { try check($0) }
                return database
            }
            // Two processes may both find a step missing. One applies it, the other fails and then finds it applied.
            try repeating {
                try database.write { try $0.execute(sql: "PRAGMA application_id = \(SQLiteFile.applicationID)") }
                try migrator.migrate(database)
            }
            try database.read { try check($0) }
            return database
        }
    }

    /// Whether a step of ours, of this version or another one, was applied to the file.
    static func areBegun(in db: Database) throws -> Bool {
        guard try db.tableExists("grdb_migrations") else { return false }
        let taken = try migrator.appliedIdentifiers(db)
        return SQLiteSchema.migrations.contains { taken.contains($0.name) }
    }

    /// - Throws: `schemaMismatch` unless the schema is exactly this version's.
    static func check(_ db: Database) throws {
        if try migrator.hasBeenSuperseded(db) {
            throw UnstickError(
                .schemaMismatch,
                "The database was written by a newer version of Unstick. Install that version, or use another database."
            )
        }
        guard try migrator.hasCompletedMigrations(db) else {
            throw UnstickError(.schemaMismatch, "The database's schema is out of date. Run 'unstick migrate'.")
        }
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        for migration in SQLiteSchema.migrations {
            migrator.registerMigration(migration.name) { try $0.execute(sql: migration.sql) }
        }
        return migrator
    }

    private static func repeating<Value>(_ body: () throws -> Value) throws -> Value {
        for _ in 1..<tries {
            do {
                return try body()
            } catch let error as DatabaseError where isPassing(error) {
                Thread.sleep(forTimeInterval: 0.1)
            }
        }
        return try body()
    }

    /// Whether another process that opens the same new file explains the error: it holds the lock, or it just created
    /// the table.
    private static func isPassing(_ error: DatabaseError) -> Bool {
        [.SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_ERROR].contains(error.resultCode)
            || error.extendedResultCode == .SQLITE_CONSTRAINT_PRIMARYKEY
            || error.extendedResultCode == .SQLITE_CONSTRAINT_UNIQUE
    }
}
