import ArgumentParser
import Foundation
import Unstick
import UnstickSQLite

/// Which database a command works on.
struct DatabaseOptions: ParsableArguments {
    static let standard = "sqlite:unstick.db"

    @Option(help: "The database: sqlite:PATH. Else DATABASE_URL, else \(DatabaseOptions.standard).")
    var database: String?

    /// Opens the database; one that is not there is refused, so that a typing error in its name is seen.
    func open() throws -> any Store {
        try Self.open(self.url, missing: .refuse)
    }

    /// Opens the database, or makes it.
    func openOrCreate() throws -> any Store {
        try Self.open(self.url, missing: .create)
    }

    private var url: String {
        self.database ?? ProcessInfo.processInfo.environment["DATABASE_URL"] ?? Self.standard
    }

    static func open(_ url: String, missing: SQLiteStore.Missing) throws -> any Store {
        guard url.hasPrefix("sqlite:"), url.count > "sqlite:".count else {
            throw UnstickError(
                .invalidArgument,
                "The database must be given as sqlite:PATH, for example \(Self.standard). Other databases are not supported yet."
            )
        }
        return try SQLiteStore(path: String(url.dropFirst("sqlite:".count)), missing: missing)
    }
}
