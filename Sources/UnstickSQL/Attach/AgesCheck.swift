import Unstick

/// Compares the times of a team's jobs with the database's clock.
///
/// A time in another form, zone or clock than the mapping says makes live jobs look stuck.
struct AgesCheck: Sendable {
    private let map: ResolvedTables
    private let ages: JobAges

    init(_ map: ResolvedTables, _ ages: JobAges) {
        (self.map, self.ages) = (map, ages)
    }

    /// Reads the times; changes nothing.
    init(of map: ResolvedTables, in engine: some SQLEngine) async throws {
        self.init(map, try await JobAges(of: map, in: engine))
    }

    /// The subject of its findings.
    static let subject = "ages"

    /// All findings; none that are an error where live jobs are safe.
    var findings: [Finding] {
        [self.running, self.unstarted, self.newest, self.unread, self.slowWriter, self.longRunning].compactMap { $0 }
    }

    private func finding(_ level: Finding.Level, _ detail: String, advice: String? = nil) -> Finding {
        Finding(level, Self.subject, detail, advice: advice)
    }

    // MARK: Running jobs

    private var knownAges: [Duration] { (self.ages.running ?? []).compactMap(\.age).sorted() }

    /// Impossible ages show that a time is stored in another form than the mapping says.
    private var running: Finding? {
        guard let running = self.ages.running else {
            return self.finding(.warning, "of running jobs were not read: no index finds them, and the table is large")
        }
        guard let youngest = self.knownAges.first, let oldest = self.knownAges.last else {
            return self.finding(.ok, running.isEmpty ? "no job is running" : "no running job says when it started")
        }
        if youngest < .zero - Self.skew {
            return self.finding(
                .error,
                "a running job seems to start in \((.zero - youngest).text): its time is stored in another form",
                advice: "Fix the kind of 'started': a time zone or a unit is wrong, and live jobs would be refunded."
            )
        }
        if oldest > .seconds(365 * 86_400) {
            return self.finding(
                .warning,
                "a running job seems to have started \(oldest.text) ago",
                advice: "Is the kind of 'started' right (seconds or milliseconds)?"
            )
        }
        return self.finding(.ok, "of \(self.knownAges.count) running jobs: from \(youngest.text) to \(oldest.text)")
    }

    private var unstarted: Finding? {
        guard let running = self.ages.running, self.knownAges.count < running.count else { return nil }
        return self.finding(
            .warning,
            "\(running.count - self.knownAges.count) running jobs have no start time and are never found",
            advice: "Map 'updated' too."
        )
    }

    // MARK: The newest times

    /// How far clocks that are right may be apart.
    private static let skew = Duration.seconds(60)

    /// The newest of these times.
    private func newest(of names: Set<MappedTime.Name>) -> (time: MappedTime, age: Duration)? {
        self.ages.newest.filter { names.contains($0.time.name) }.min { $0.age < $1.age }
    }

    /// The times from which the age of a running job counts.
    private var decisive: Set<MappedTime.Name> {
        let start: MappedTime.Name = self.map.jobs.times.contains { $0.name == .started } ? .started : .updated
        return [start, .heartbeat]
    }

    private var newest: Finding? {
        guard let newest = self.newest(of: [.created, .started, .heartbeat, .updated, .completed]) else {
            return self.ages.unread.isEmpty ? self.finding(.ok, "no job has a time yet") : nil
        }
        if newest.age < .zero - Self.skew { return self.ahead(newest.time, by: .zero - newest.age) }
        if let offset = ClockOffset(ofAge: newest.age) { return self.wrong(newest.time, newest.age, offset) }
        // New jobs may be created by another process than the one that starts them.
        if let start = self.newestStart, let offset = ClockOffset(ofAge: start.age) {
            return self.wrong(start.time, start.age, offset)
        }
        guard newest.age < ClockOffset.explained.lowerBound else {
            return self.finding(
                .warning,
                "the newest time, '\(newest.time.name)', is \(newest.age.text) old: nothing was written since, or its kind is "
                    + "wrong",
                advice: "Check the kinds of the times while jobs are running."
            )
        }
        return self.finding(.ok, "the newest time, '\(newest.time.name)', is \(max(newest.age, .zero).text) old")
    }

    /// The newest start or heartbeat while jobs are running.
    private var newestStart: (time: MappedTime, age: Duration)? {
        guard let youngest = self.knownAges.first else { return nil }
        let isUnread = self.ages.unread.contains { self.decisive.contains($0.name) }
        guard isUnread, let time = self.map.jobs.times.first(where: { self.decisive.contains($0.name) }) else {
            return self.newest(of: self.decisive)
        }
        return (time, youngest)
    }

    private func ahead(_ time: MappedTime, by ahead: Duration) -> Finding {
        let offset = ClockOffset(ofAge: .zero - ahead)
        let explanation = offset?.explanation(time.kind, at: self.ages.now) ?? "the clock of its writer is wrong"
        return self.finding(
            .error,
            "the newest times ('\(time.name)') are \(ahead.text) ahead of the database's clock: \(explanation)",
            advice: self.remedy(time, offset)
        )
    }

    private func wrong(_ time: MappedTime, _ age: Duration, _ offset: ClockOffset) -> Finding {
        self.finding(
            .error,
            "the newest times ('\(time.name)') are \(age.text) old: \(offset.explanation(time.kind, at: self.ages.now)). "
                + "Live jobs would be refunded",
            advice: self.remedy(time, offset)
                + " If nothing was written for that long, check again when jobs are running."
        )
    }

    /// What to write into the mapping, or to change beside it.
    private func remedy(_ time: MappedTime, _ offset: ClockOffset?) -> String {
        guard time.kind == .timestampUTC, time.clock == .timestampUTC else {
            let kind = "In a mapping, '\(time.kind.rawValue)' is in UTC"
            return "\(kind): fix the clock or the time zone of the process that writes '\(time.column)'."
        }
        let zone = literal(offset?.zone(at: self.ages.now) ?? "…")
        let column = quoted(time.column)
        return "'timestamp_utc' is UTC, and a mapping has no kind for local time: write UTC, or store the zone and set "
            + "'kind: timestamptz' for '\(time.name)': ALTER TABLE \(time.table) ALTER COLUMN \(column) TYPE timestamptz "
            + "USING \(column) AT TIME ZONE \(zone);"
    }

    private var unread: Finding? {
        guard !self.ages.unread.isEmpty else { return nil }
        let names = self.ages.unread.map { "'\($0.name)'" }.joined(separator: ", ")
        let isOnlyOne = self.ages.newest.isEmpty
        return self.finding(
            isOnlyOne ? .warning : .ok,
            "the newest of \(names) was not compared with the clock: the table is large, and no index starts with the column",
            advice: isOnlyOne ? "Create an index on one of them." : nil
        )
    }

    // MARK: One writer of several

    /// How many jobs together are no coincidence.
    private static let leastAlike = 3

    /// One writer whose clock is wrong does not show in the newest time of all.
    private var slowWriter: Finding? {
        let running = (self.ages.running ?? []) + self.ages.old
        if let job = running.first(where: { ($0.lead ?? .zero) > Self.skew }), let lead = job.lead {
            return self.finding(
                .error,
                "the running job '\(job.id)' started \(lead.text) before it was created: the process that started it has a "
                    + "wrong clock or time zone. Live jobs would be refunded",
                advice: "Fix the clock or the time zone of that process, or the kinds of 'started' and 'created'."
            )
        }
        let unusual = self.ages.old.compactMap(\.age).filter { $0 > (self.longestCompleted ?? .zero) }
        let groups = Dictionary(grouping: unusual.compactMap(ClockOffset.init(ofAge:))) { $0 }
        guard let (offset, alike) = groups.max(by: { $0.value.count < $1.value.count }),
            alike.count >= Self.leastAlike, alike.count * 2 >= unusual.count
        else { return nil }
        return self.finding(
            .error,
            "\(alike.count) running jobs are \(offset.behind.text) old, each within \(ClockOffset.tolerance.text): the process "
                + "that started them seems to have a wrong clock or time zone. Live jobs would be refunded",
            advice:
                "Fix the clock or the time zone of that process. If it died at that time, check again in five minutes."
        )
    }

    /// How many completed jobs say how long jobs take.
    private static let leastCompleted = 10
    /// How many times as long as any of the last completed jobs is far too long.
    private static let farAbove = 10

    private var longestCompleted: Duration? {
        self.ages.completed.count < Self.leastCompleted ? nil : self.ages.completed.max()
    }

    private var longRunning: Finding? {
        let ages = self.knownAges
        guard let longest = self.longestCompleted, !ages.isEmpty else { return nil }
        let median = ages[ages.count / 2]
        guard median > max(longest, .seconds(1)) * Self.farAbove else { return nil }
        return self.finding(
            .warning,
            "half of \(ages.count) running jobs are older than \(median.text), and the last \(self.ages.completed.count) completed "
                + "jobs took at most \(longest.text)",
            advice: "They are stuck, or a process that starts jobs has a wrong clock or time zone."
        )
    }
}
