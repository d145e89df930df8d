import Testing
import Unstick
import UnstickPostgres
import UnstickSQL
import UnstickSQLite

/// A team's jobs whose times are some seconds before the database's clock, on each database that has mapped tables.
struct AgedJobs {
    /// A job; each time is its age in seconds, negative for one ahead of the clock.
    struct Row: Sendable {
        var status = "busy"
        var created: Int?
        var started: Int?
        var updated: Int?
        var completed: Int?

        /// A running job that wrote all of its times with one clock, so many seconds behind the database's.
        static func live(_ age: Int, behind: Int = 0) -> Row {
            Row(created: age + 2 + behind, started: age + behind, updated: age + behind)
        }

        /// A job that was completed after 20 s.
        static func done(_ age: Int, behind: Int = 0) -> Row {
            let ended = age + behind
            return Row(status: "done", created: ended + 22, started: ended + 20, updated: ended, completed: ended)
        }
    }

    enum Engine: CaseIterable { case postgres, sqlite }

    let sql: (String) throws -> String
    let store: (MappingFile) async throws -> any SQLStore
    let doctor: (MappingFile) async throws -> [Finding]
    private let ago: (Int?) -> String

    /// Provides the tables with these rows.
    static func with(_ engine: Engine, _ rows: [Row], _ body: (AgedJobs) async throws -> Void) async throws {
        switch engine {
        case .postgres:
            guard Attached.isPossible else { return }
            try await Attached.with { database in
                let jobs = AgedJobs(
                    sql: { try database.sql($0) },
                    store: { try await database.store($0, accepts: false) },
                    doctor: { try await database.doctor($0) },
                    ago: { $0.map { "timezone('UTC', now()) - interval '\($0) seconds'" } ?? "NULL" }
                )
                try jobs.create("timestamp", rows)
                try await body(jobs)
            }
        case .sqlite:
            try await SQLiteTeam.with { team in
                let jobs = AgedJobs(
                    sql: { sql in
                        guard sql.hasPrefix("SELECT") else {
                            try team.sql(sql)
                            return ""
                        }
                        return try team.row(sql)
                    },
                    store: { try await team.store($0, accepts: false) },
                    doctor: { try await team.doctor($0) },
                    ago: { $0.map { "datetime('now', '\(-$0) seconds')" } ?? "NULL" }
                )
                try jobs.create("text", rows)
                try await body(jobs)
            }
        }
    }

    private func create(_ time: String, _ rows: [Row]) throws {
        _ = try self.sql(
            """
            CREATE TABLE work (id integer PRIMARY KEY, state text NOT NULL, created \(time), started \(time), updated \(time),
                completed \(time))
            """
        )
        for (index, row) in rows.enumerated() { try self.add(row, index + 1) }
    }

    func add(_ row: Row, _ id: Int) throws {
        let times = [row.created, row.started, row.updated, row.completed].map(self.ago).joined(separator: ", ")
        _ = try self.sql("INSERT INTO work VALUES (\(id), '\(row.status)', \(times))")
    }

    /// Makes every job older.
    func age(_ seconds: Int) throws {
        for column in ["created", "started", "updated", "completed"] {
            let older =
                self.ago(0).contains("now()")
                ? "\(column) - interval '\(seconds) seconds'" : "datetime(\(column), '-\(seconds) seconds')"
            _ = try self.sql("UPDATE work SET \(column) = \(older)")
        }
    }

    /// How many jobs a run has failed.
    var failed: Int { get throws { try Int(self.sql("SELECT count(*) FROM work WHERE state = 'dead'")) ?? -1 } }

    /// - Parameter times: the mapped times.
    static func mapping(_ times: [String] = ["created", "started", "updated", "completed"]) throws -> MappingFile {
        let mapped = times.map { "\"\($0)\": {\"column\": \"\($0)\", \"kind\": \"timestamp_utc\"}" }
        return try MappingFile(
            """
            {"jobs": {"table": "work", "id": "id", \(mapped.joined(separator: ", ")),
                "state": {"column": "state", "values": {"processing": ["busy"], "completed": ["done"], "failed": ["dead"]}}}}
            """
        )
    }
}
