import Unstick

/// The columns of a jobs' table as SQL that reads them from a row `j`.
package struct ResolvedColumns {
    private let jobs: MappingFile.Jobs
    private let table: CatalogueTable
    private let dialect: any SQLDialect
    private var states: JobStates
    private var names: MappedNames

    package init(
        _ mapping: MappingFile,
        in table: CatalogueTable,
        _ catalogue: Catalogue,
        _ dialect: any SQLDialect
    ) {
        (self.jobs, self.table, self.dialect) = (mapping.jobs, table, dialect)
        self.states = JobStates(mapping, in: table, catalogue)
        self.names = MappedNames(catalogue)
    }

    /// The problems, after ``resolve()``.
    package var findings: [Finding] { self.names.findings + self.states.names.findings }

    private typealias TimeColumn = (sql: String, kind: ResolvedTables.TimeKind)

    /// The jobs; `nil` where the mapping does not define which are running, or since when.
    package mutating func resolve() -> ResolvedTables.Jobs? {
        let id = self.names.column(self.jobs.id, of: self.table) ?? .text
        let isProcessing = self.states.condition(.processing)
        let started = self.jobs.started.flatMap { self.time($0) }
        let updated = self.jobs.updated.flatMap { self.time($0) }
        let heartbeat = self.jobs.heartbeat.flatMap { self.time($0) }
        let created = self.jobs.created.flatMap { self.time($0) }
        if self.jobs.started == nil, self.jobs.updated == nil {
            self.names.problem(
                "started, updated",
                "neither is mapped, so no age can be computed",
                advice: "Map the column that says when an attempt started, or when the row last changed."
            )
        }
        var resolved = self.values(id: id)
        guard let since = self.since([started, updated].compactMap { $0 }, heartbeat), let isProcessing else {
            return nil
        }
        let milliseconds = since.kind.milliseconds(since.sql)
        (resolved.since, resolved.clock, resolved.isProcessing) = (since.sql, since.kind, isProcessing)
        if let started { resolved.startedAt = started.kind.milliseconds(started.sql) }
        resolved.updatedAt =
            updated.map { "coalesce(\($0.kind.milliseconds($0.sql)), \(milliseconds))" } ?? milliseconds
        resolved.knowsHeartbeats = heartbeat != nil
        resolved.isPending = self.states.condition(.pending)
        resolved.isCompleted = self.states.condition(.completed)
        resolved.completedAt = self.jobs.completed.flatMap { self.time($0) }.map { $0.kind.milliseconds($0.sql) }
        resolved.created = created.map { (sql: $0.sql, clock: $0.kind) }
        resolved.exactLimits = self.exactLimits
        resolved.times = self.jobs.namedTimes.compactMap { self.mappedTime($0.name, $0.time) }
        resolved.rows = self.table.rows
        // A time in another table is read where it is used; a job without such a row has none.
        resolved.isReadable = [started, updated, heartbeat, created].compactMap { $0 }
            .map { "coalesce(\($0.kind.isReadable($0.sql)), true)" }.joined(separator: " AND ")
        return resolved
    }

    /// The columns that are not times.
    private mutating func values(id column: CatalogueTable.Column) -> ResolvedTables.Jobs {
        let id = "j.\(quoted(self.jobs.id))"
        let dialect = self.dialect
        return ResolvedTables.Jobs(
            table: self.table.sql,
            id: id,
            idText: Self.text(id, of: column),
            asID: { dialect.compared($0, with: column) },
            user: self.jobs.user.map { self.text(.column($0)) } ?? "''",
            kind: self.jobs.kind.map { self.text($0) } ?? literal(self.jobs.table),
            tier: self.jobs.tier.map { self.text($0, default: "NULL") } ?? "CAST(NULL AS text)",
            cost: self.cost(),
            attempt: self.integer(self.jobs.attempt, default: 0),
            charge: self.integer(self.jobs.charge, default: 1),
            isProcessing: "false",
            since: "NULL",
            clock: .own,
            startedAt: "CAST(NULL AS bigint)",
            updatedAt: "CAST(NULL AS bigint)",
            isItem: "\(id) = \(dialect.compared("i.job_id", with: column))"
        )
    }

    // MARK: Times

    /// The limits of which every time is from the database's clock.
    private var exactLimits: Set<LimitKind> {
        func isExact(_ times: [MappingFile.TimeColumn?]) -> Bool {
            times.compactMap { $0 }.allSatisfy { $0.clock == .database }
        }
        let ofAttempt = isExact([self.jobs.started, self.jobs.updated, self.jobs.heartbeat])
        let ofJob = isExact([self.jobs.created])
        return Set((ofAttempt ? [.timeout, .heartbeat] : []) + (ofJob ? [.deadline, .pending] : []))
    }

    /// The time from which the age counts, in the form that the columns share, otherwise in milliseconds.
    private func since(_ starts: [TimeColumn], _ heartbeat: TimeColumn?) -> TimeColumn? {
        guard let first = starts.first else { return nil }
        let all = starts + (heartbeat.map { [$0] } ?? [])
        let isUniform = all.allSatisfy { $0.kind == first.kind }
        let kind = isUniform ? first.kind : .epochMilliseconds
        func sql(_ time: TimeColumn) -> String { isUniform ? time.sql : time.kind.milliseconds(time.sql) }
        let start = starts.count == 1 ? sql(first) : "coalesce(\(starts.map(sql).joined(separator: ", ")))"
        return (heartbeat.map { self.dialect.latest(start, sql($0)) } ?? start, kind)
    }

    /// A time by itself, without the jobs that it belongs to.
    private mutating func mappedTime(_ name: MappedTime.Name, _ time: MappingFile.TimeColumn) -> MappedTime? {
        let table = time.table.map { self.names.table($0, schema: time.schema) } ?? self.table
        guard let table, let column = self.names.column(time.column, of: table),
            let clock = self.names.timeKind(of: time, in: column, self.dialect)
        else { return nil }
        return MappedTime(
            name: name,
            kind: time.kind,
            column: (table, time.column),
            clock: clock,
            conditions: self.conditions(time.where ?? [:], of: table) ?? []
        )
    }

    private mutating func time(_ time: MappingFile.TimeColumn) -> TimeColumn? {
        var found: (sql: String, column: CatalogueTable.Column)?
        if let table = time.table, let match = time.match {
            found = self.lookup(
                MappingFile.Lookup(
                    schema: time.schema,
                    table: table,
                    column: time.column,
                    match: match,
                    where: time.where
                )
            )
        } else {
            found = self.names.column(time.column, of: self.table).map { ("j.\(quoted(time.column))", $0) }
        }
        guard let (sql, column) = found else { return nil }
        return self.names.timeKind(of: time, in: column, self.dialect).map { (sql, $0) }
    }

    // MARK: Values

    private mutating func lookup(_ lookup: MappingFile.Lookup) -> (sql: String, column: CatalogueTable.Column)? {
        guard let other = self.names.table(lookup.table, schema: lookup.schema),
            let column = self.names.column(lookup.column, of: other)
        else { return nil }
        var conditions: [String] = []
        for (theirs, ours) in lookup.match.sorted(by: { $0.key < $1.key }) {
            guard self.names.column(theirs, of: other) != nil, self.names.column(ours, of: self.table) != nil else {
                return nil
            }
            conditions.append("x.\(quoted(theirs)) = j.\(quoted(ours))")
        }
        guard let constants = self.conditions(lookup.where ?? [:], of: other) else { return nil }
        conditions += constants
        var value = "x.\(quoted(lookup.column))"
        if case .enumeration = column.type { value = "CAST(\(value) AS text)" }
        return ("(SELECT max(\(value)) FROM \(other.sql) AS x WHERE \(conditions.joined(separator: " AND ")))", column)
    }

    /// The conditions on columns of another table `x`; `nil` where it lacks one.
    private mutating func conditions(_ values: [String: String], of other: CatalogueTable) -> [String]? {
        var conditions: [String] = []
        for (column, value) in values.sorted(by: { $0.key < $1.key }) {
            guard self.names.column(column, of: other) != nil else { return nil }
            conditions.append("x.\(quoted(column)) = \(literal(value))")
        }
        return conditions
    }

    private static func text(_ sql: String, of column: CatalogueTable.Column) -> String {
        column.declared == "text" ? sql : "CAST(\(sql) AS text)"
    }

    private mutating func text(_ value: MappingFile.Value, default missing: String = "''") -> String {
        switch value {
        case .constant(let constant): return "CAST(\(literal(constant)) AS text)"
        case .lookup(let lookup):
            let sql = self.lookup(lookup)?.sql ?? "''"
            return missing == "NULL" ? "CAST(\(sql) AS text)" : "coalesce(CAST(\(sql) AS text), \(missing))"
        case .column(let name):
            guard let column = self.names.column(name, of: self.table) else { return "''" }
            let sql = Self.text("j.\(quoted(name))", of: column)
            return column.isNotNull || missing == "NULL" ? sql : "coalesce(\(sql), \(missing))"
        }
    }

    private mutating func integer(_ name: String?, default missing: Int) -> String {
        guard let name, let column = self.names.column(name, of: self.table) else {
            return "CAST(\(missing) AS bigint)"
        }
        if column.type != .integer {
            self.names.problem("column \(name)", "is \(column.declared), not a whole number")
        }
        return "coalesce(CAST(j.\(quoted(name)) AS bigint), \(missing))"
    }

    /// The cost of a job; below 0 where it is not a refundable amount, so that the job is set aside.
    private mutating func cost() -> String {
        switch self.jobs.cost {
        case nil: return "CAST(0 AS bigint)"
        case .constant(let text):
            guard let tokens = Int(text), 0...Limits.tokens ~= tokens else {
                self.names.problem("cost", "'\(text)' is not a whole number from 0 to \(Limits.tokens)")
                return "CAST(0 AS bigint)"
            }
            return "CAST(\(tokens) AS bigint)"
        case .lookup(let lookup):
            return self.lookup(lookup).map { self.tokens($0.sql, $0.column, lookup.column) } ?? "0"
        case .column(let name):
            return self.names.column(name, of: self.table).map { self.tokens("j.\(quoted(name))", $0, name) } ?? "0"
        }
    }

    private mutating func tokens(_ sql: String, _ column: CatalogueTable.Column, _ name: String) -> String {
        guard column.type.isExactNumber else {
            self.names.problem("column \(name)", "is \(column.declared); amounts are whole numbers")
            return "CAST(0 AS bigint)"
        }
        return self.dialect.tokens(sql, of: column)
    }
}
