import GRDB
import Unstick

/// Converts GRDB's errors to Unstick's: none leaves this target.
enum SQLiteFailure {
    static func translating<Value>(_ body: () throws -> Value) throws -> Value {
        do { return try body() } catch let error as DatabaseError { throw translate(error) }
    }

    static func translated<Value>(_ body: () async throws -> Value) async throws -> Value {
        do { return try await body() } catch let error as DatabaseError { throw translate(error) }
    }

    /// Distinguishes a database that is unavailable from one that refuses this change.
    ///
    /// SQLite's text becomes the cause: it may contain paths and tables.
    static func translate(_ error: DatabaseError) -> UnstickError {
        let (code, message) = Self.classified(error)
        let said = error.message ?? "no message"
        return UnstickError(code, message, cause: "\(said) (SQLite code \(error.extendedResultCode.rawValue))")
    }

    private static func classified(_ error: DatabaseError) -> (UnstickError.Code, String) {
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            (
                .databaseUnavailable,
                "The database was locked by another process for more than \(SQLiteStore.busyTimeout.text). Try again."
            )
        case .SQLITE_FULL:
            (.databaseUnusable, "The disk is full; the database could not be written. Nothing was changed.")
        case .SQLITE_READONLY:
            (.databaseUnusable, "The database is read-only. Check the permissions of the file and its folder.")
        case .SQLITE_CANTOPEN:
            (.databaseUnavailable, "The database file cannot be opened. Check that its folder exists.")
        case .SQLITE_NOTADB, .SQLITE_CORRUPT:
            (.databaseUnavailable, "The file is not an SQLite database, or it is damaged.")
        case .SQLITE_IOERR:
            (.databaseUnavailable, "The database file cannot be read or written. Check its disk.")
        case .SQLITE_NOMEM, .SQLITE_PERM, .SQLITE_AUTH, .SQLITE_INTERRUPT, .SQLITE_MISUSE:
            (.databaseUnavailable, "The database cannot be used now. Try again.")
        case .SQLITE_CONSTRAINT where error.extendedResultCode == .SQLITE_CONSTRAINT_CHECK:
            (
                .databaseRejected,
                "A value would be out of its range, for example a balance above \(Limits.tokens)."
            )
        case .SQLITE_CONSTRAINT, .SQLITE_TOOBIG, .SQLITE_MISMATCH:
            (.databaseRejected, "The database refused the change.")
        case .SQLITE_ERROR where Self.isAboutSchema(error):
            (
                .schemaMismatch,
                "A table or column of Unstick is missing. 'unstick migrate' updates the schema."
            )
        default: (.databaseUnusable, "The database refused the change.")
        }
    }

    /// SQLite has one code for every statement that it cannot prepare; only the text differs.
    private static func isAboutSchema(_ error: DatabaseError) -> Bool {
        ["no such table", "no such column", "no such index"].contains { error.message?.hasPrefix($0) == true }
            || error.message?.contains("has no column named") == true
    }
}
