/// The statements that change the rows of stuck jobs, over the items `i` of a batch.
package struct JobWrites {
    private let mapping: MappingFile.Jobs
    private let preset: Preset?
    private let outcome: ResolvedTables.Outcome
    private let table: CatalogueTable
    private let dialect: any SQLDialect
    private var states: JobStates
    private var names: MappedNames

    package init(
        _ mapping: MappingFile,
        preset: Preset?,
        in table: CatalogueTable,
        _ catalogue: Catalogue,
        _ dialect: any SQLDialect
    ) {
        (self.mapping, self.preset, self.table, self.dialect) = (mapping.jobs, preset, table, dialect)
        self.outcome = ResolvedTables.Outcome(mapping.onStuck ?? .fail)
        self.states = JobStates(mapping, in: table, catalogue)
        self.names = MappedNames(catalogue)
    }

    /// The problems, once the statements are built.
    package var findings: [Finding] { self.names.findings + self.states.names.findings }

    /// The statements that fail running jobs, or return them to the queue.
    package mutating func running(_ jobs: ResolvedTables.Jobs) -> [String] {
        switch self.outcome {
        case .report: return []
        case .fail:
            if let preset, preset.isForeign { return self.statements(of: preset, \.fail, "fail") }
            return self.update(.failed, settings: self.mapping.fail ?? [:], jobs)
        case .retry:
            if let preset, preset.isForeign { return self.statements(of: preset, \.retry, "retry") }
            guard let settings = self.mapping.retry else {
                self.names.problem(
                    "onStuck",
                    "is retry, but /jobs/retry does not say what a job in the queue looks like"
                )
                return []
            }
            return self.update(.pending, settings: settings, jobs)
        }
    }

    /// The statements that fail jobs that were never started; `nil` where the mapping does not define that.
    package mutating func pending(_ jobs: ResolvedTables.Jobs) -> [String]? {
        guard let isPending = jobs.isPending, let created = jobs.created else { return nil }
        if case .report = self.outcome { return [] }
        guard self.preset?.isForeign != true else { return nil }
        var waiting = jobs
        (waiting.isProcessing, waiting.since, waiting.clock) = (isPending, created.sql, created.clock)
        return self.update(.failed, settings: self.mapping.fail ?? [:], waiting)
    }

    /// The SQL of a preset for this database.
    private mutating func statements(
        of preset: Preset,
        _ scripts: KeyPath<Preset, [String: String]>,
        _ what: String
    ) -> [String] {
        guard let script = preset[keyPath: scripts][self.dialect.name] else {
            let isKnown = !preset[keyPath: scripts].isEmpty
            let reason = isKnown ? "its statements for this database are not known" : preset.noRetry ?? ""
            self.names.problem("onStuck", "\(preset.name) cannot \(what) a job by SQL and stay valid: \(reason)")
            return []
        }
        return SQLScript.statements(script)
    }

    // MARK: From the mapping

    private mutating func update(
        _ status: MappingFile.JobStatusName,
        settings: [String: MappingFile.Setting],
        _ jobs: ResolvedTables.Jobs
    ) -> [String] {
        var assignments: [String: String] = [:]
        if let name = self.states.column {
            guard let value = self.states.written(status) else { return [] }
            assignments[name] = value
        } else if settings.isEmpty {
            self.names.problem(
                "state",
                "is derived, so /jobs/\(status == .failed ? "fail" : "retry") must say what is set"
            )
        }
        if status == .failed { assignments.merge(self.failure()) { $1 } }
        for (name, setting) in (self.mapping.touch ?? [:]).merging(settings, uniquingKeysWith: { $1 }) {
            assignments[name] = self.value(setting, name)
        }
        let list = assignments.sorted { $0.key < $1.key }.map { "\(quoted($0.key)) = \($0.value)" }
        return [
            """
            UPDATE \(jobs.table) AS j SET \(list.joined(separator: ", "))
            FROM unstick.run_items AS i
            WHERE \(ResolvedTables.inBatch) AND \(jobs.isItem) AND \(jobs.isProcessing)
                AND \(jobs.clock.microseconds(jobs.since)) = i.since
            """
        ]
    }

    /// When a job failed, and why.
    private mutating func failure() -> [String: String] {
        var assignments: [String: String] = [:]
        if let completed = self.mapping.completed, completed.table == nil {
            assignments[completed.column] = self.names.now(in: completed, of: self.table, self.dialect)
        }
        if let error = self.mapping.error, let column = self.names.column(error.column, of: self.table) {
            assignments[error.column] = self.value(error, of: column)
        }
        return assignments
    }

    private mutating func value(_ setting: MappingFile.Setting, _ name: String) -> String {
        guard let column = self.names.column(name, of: self.table) else { return "NULL" }
        switch setting {
        case .null: return "NULL"
        case .increment: return "coalesce(j.\(quoted(name)), 0) + 1"
        case .now:
            let byType = [MappingFile.TimeKind.timestamptz, .timestampUTC].compactMap {
                self.dialect.timeKind($0, of: column)
            }
            let mapped = self.mapping.timeColumns.first { $0.column == name && $0.table == nil }.flatMap {
                self.dialect.timeKind($0.kind, of: column)
            }
            guard let kind = byType.first ?? mapped else {
                self.names.problem("column \(name)", "is \(column.declared), and how it stores a time is not known")
                return "NULL"
            }
            return kind.now
        }
    }

    private func value(_ error: MappingFile.ErrorColumn, of column: CatalogueTable.Column) -> String {
        let object = self.dialect.errorObject(Self.message)
        return switch error.kind {
        case .text: Self.message
        case .json: self.dialect.assigned(object, to: column)
        case .append: self.dialect.appended(object, to: "j.\(quoted(error.column))", of: column)
        }
    }

    /// The message for a job's user; on SQLite || binds closer than a division.
    private static let message = """
        'Job timed out after ' || ((i.duration + 500) / 1000) || CASE WHEN i.amount > 0
            THEN 's. Automatically cleaned up and tokens refunded.' ELSE 's. Automatically cleaned up.' END
        """
}

extension ResolvedTables.Outcome {
    package init(_ onStuck: MappingFile.OnStuck) {
        self =
            switch onStuck {
            case .fail: .fail
            case .retry: .retry
            case .report: .report
            }
    }
}
