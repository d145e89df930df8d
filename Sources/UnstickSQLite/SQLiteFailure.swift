import GRDB
import Unstick

/// Where GRDB's errors become Unstick's: none leaves this target.
enum SQLiteFailure {
    static func translating<Value>(_ body: () throws -> Value) throws -> Value {
        do { return try body() } catch let error as DatabaseError { throw translate(error) }
    }

    static func translated<Value>(_ body: () async throws -> Value) async throws -> Value {
        do { return try await body() } catch let error as DatabaseError { throw translate(error) }
    }

    /// Tells a database that cannot serve anybody now from one that refuses this change.
    static func translate(_ error: DatabaseError) -> UnstickError {
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            UnstickError(
                .databaseUnavailable,
                "The database was locked by another process for more than \(SQLiteStore.busyTimeout.text). Try again."
            )
        case .SQLITE_FULL:
            UnstickError(
                .databaseUnavailable,
                "The disk is full; the database could not be written. Nothing was changed."
            )
        case .SQLITE_READONLY:
            UnstickError(
                .databaseUnavailable,
                "The database is read-only. Check the rights of the file and its folder."
            )
        case .SQLITE_CANTOPEN:
            UnstickError(.databaseUnavailable, "The database file cannot be opened. Check that its folder exists.")
        case .SQLITE_NOTADB, .SQLITE_CORRUPT:
            UnstickError(.databaseUnavailable, "The file is not an SQLite database, or it is damaged.")
        case .SQLITE_IOERR, .SQLITE_NOMEM, .SQLITE_PERM, .SQLITE_AUTH, .SQLITE_INTERRUPT, .SQLITE_MISUSE:
            UnstickError(
                .databaseUnavailable,
                "The database cannot be used now (SQLite code \(error.extendedResultCode.rawValue))."
            )
        case .SQLITE_CONSTRAINT where error.extendedResultCode == .SQLITE_CONSTRAINT_CHECK:
            UnstickError(
                .databaseRejected,
                "A value would be out of its range, for example a balance above \(Limits.tokens) (\(error.message ?? "CHECK"))."
            )
        case .SQLITE_CONSTRAINT:
            UnstickError(.databaseRejected, "The database refused the change (\(error.message ?? "constraint")).")
        default:
            UnstickError(
                .databaseRejected,
                "The database refused the change (SQLite code \(error.extendedResultCode.rawValue))."
            )
        }
    }
}
