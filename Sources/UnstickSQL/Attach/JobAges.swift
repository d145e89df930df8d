import Unstick

/// The times of a team's jobs, as far from the database's clock as they are.
struct JobAges: Sendable {
    /// A running job.
    struct Running: Sendable {
        var id: String
        /// Since it started; `nil` where it does not say.
        var age: Duration?
        /// How long before its own creation it started; `nil` where that is unknown.
        var lead: Duration?
    }

    /// The database's clock.
    var now: Timestamp
    /// The age of the newest value of each time that has one.
    var newest: [(time: MappedTime, age: Duration)] = []
    /// Times that were not read, because no index serves them and the table is large.
    var unread: [MappedTime] = []
    /// Some running jobs; `nil` where no index finds them and the table is large.
    var running: [Running]? = []
    /// The youngest of the running jobs whose age a time zone may explain.
    var old: [Running] = []
    /// How long the jobs that were completed last took.
    var completed: [Duration] = []
}

extension JobAges {
    /// How many running jobs are read.
    private static let sample = 100
    /// How many old running jobs are read.
    private static let oldSample = 1000
    /// How many of the jobs that ended last are read.
    private static let completedSample = 1000

    /// Reads the times, each with a limit on the rows that are read.
    init(of map: ResolvedTables, in engine: some SQLEngine) async throws {
        var bounded: [MappedTime] = []
        var unread: [MappedTime] = []
        for time in map.jobs.times {
            if try await time.isBounded(in: engine) { bounded.append(time) } else { unread.append(time) }
        }
        let findsRunning =
            map.jobs.rows < IndexUse.largeTable ? true : try await !IndexUse(map).scansWholeTable(in: engine)
        let completed = bounded.first { $0.name == .completed }.flatMap { Self.completed(map.jobs, $0) }
        let running = findsRunning ? [Self.running(map.jobs), Self.old(map.jobs)] : []
        let statements = running + [completed].compactMap { $0 } + bounded.map(\.newest)
        let times = bounded
        self = try await engine.read([.now] + statements.map { SQLCall($0) }) { results in
            var answers = results[...]
            var ages = JobAges(now: try answers.removeFirst().only().timestamp(required: "now"))
            ages.running = findsRunning ? answers.removeFirst().rows.map(Running.init) : nil
            if findsRunning { ages.old = answers.removeFirst().rows.map(Running.init) }
            if completed != nil { ages.completed = answers.removeFirst().rows.compactMap { $0.duration("took") } }
            for (time, answer) in zip(times, answers) {
                guard let newest = answer.first?.integer("newest") else { continue }
                ages.newest.append((time, .milliseconds(ages.now.milliseconds - newest)))
            }
            return ages
        }
        self.unread = unread
    }

    private static func runningJobs(_ jobs: ResolvedTables.Jobs) -> String {
        let created = jobs.created.map { $0.clock.milliseconds($0.sql) } ?? "NULL"
        return """
            SELECT \(jobs.idText) AS id, :now - \(jobs.clock.milliseconds(jobs.since)) AS age,
                CAST(\(created) AS bigint) - \(jobs.startedAt) AS lead
            FROM \(jobs.table) AS j WHERE \(jobs.isProcessing)\(jobs.isReadable.map { " AND \($0)" } ?? "")
            """
    }

    private static func running(_ jobs: ResolvedTables.Jobs) -> String {
        "\(self.runningJobs(jobs)) LIMIT \(self.sample)"
    }

    /// The youngest of the running jobs that are older than the smallest difference between zones.
    private static func old(_ jobs: ResolvedTables.Jobs) -> String {
        let (least, most) = (ClockOffset.explained.lowerBound, ClockOffset.explained.upperBound)
        func ago(_ age: Duration) -> String {
            jobs.clock.value(microseconds: "(CAST(:now AS bigint) - \(age.inMilliseconds)) * 1000")
        }
        return """
            \(self.runningJobs(jobs)) AND \(jobs.since) <= \(ago(least - ClockOffset.tolerance))
                AND \(jobs.since) >= \(ago(most + ClockOffset.tolerance))
            ORDER BY \(jobs.since) DESC LIMIT \(self.oldSample)
            """
    }

    /// How long the last completed jobs took; `nil` where that is unknown.
    private static func completed(_ jobs: ResolvedTables.Jobs, _ time: MappedTime) -> String? {
        guard let isCompleted = jobs.isCompleted, let completedAt = jobs.completedAt, time.table == jobs.table,
            let range = time.clock.range
        else { return nil }
        let value = "l.\(quoted(time.column))"
        // The statuses of a bounded number of rows are read, not rows until enough are completed.
        return """
            SELECT \(completedAt) - \(jobs.startedAt) AS took FROM (
                SELECT * FROM \(jobs.table) AS l WHERE \(value) BETWEEN \(range.first) AND \(range.last)
                ORDER BY \(value) DESC LIMIT \(self.completedSample)) AS j
            WHERE \(isCompleted)\(jobs.isReadable.map { " AND \($0)" } ?? "")
            """
    }
}

extension JobAges.Running {
    fileprivate init(row: any StoredRow) {
        self.init(id: row.text("id") ?? "?", age: row.duration("age"), lead: row.duration("lead"))
    }
}

extension StoredRow {
    /// A number of milliseconds.
    fileprivate func duration(_ column: String) -> Duration? { self.integer(column).map { .milliseconds($0) } }
}
