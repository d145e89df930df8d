import GRDB
import Unstick
import UnstickSQL

/// Unstick's own tables in a team's file: each with a prefix, and with a list of steps that no other program uses.
///
/// Neither the journal mode nor the version of the file changes.
enum SQLiteAttachedMigrations {
    private static let steps: [Migration] =
        (SQLiteSchema.steps + SQLiteSchema.attached).map { $0.named(.prefixed) }

    static func areThere(in db: Database) throws -> Bool { try db.tableExists("unstick_sources") }

    /// Creates or upgrades the tables, in one transaction.
    static func migrate(_ database: any DatabaseWriter, at now: Timestamp) throws {
        try SQLiteFailure.translating {
            try database.write { db in
                try db.execute(
                    sql: """
                        CREATE TABLE IF NOT EXISTS unstick_migrations (
                            name TEXT NOT NULL PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT
                        """
                )
                for step in try self.missing(in: db) {
                    try db.execute(sql: step.sql)
                    try db.execute(
                        sql: "INSERT INTO unstick_migrations (name, applied_at) VALUES (?, ?)",
                        arguments: [step.name, now.milliseconds]
                    )
                }
            }
        }
    }

    /// - Throws: `schemaMismatch` unless the schema is exactly this version's.
    static func check(_ db: Database) throws {
        guard try db.tableExists("unstick_migrations"), try self.missing(in: db).isEmpty else {
            throw UnstickError(
                .schemaMismatch,
                "Unstick's own tables are missing in the file, or out of date. Run 'unstick migrate'."
            )
        }
    }

    /// - Throws: `schemaMismatch` where a newer version created the tables.
    private static func missing(in db: Database) throws -> [Migration] {
        let taken = try Set(String.fetchAll(db, sql: "SELECT name FROM unstick_migrations"))
        guard taken.isSubset(of: self.steps.map(\.name)) else {
            throw UnstickError(
                .schemaMismatch,
                "Unstick's own tables were written by a newer version of Unstick. Install that version."
            )
        }
        return self.steps.filter { !taken.contains($0.name) }
    }
}
