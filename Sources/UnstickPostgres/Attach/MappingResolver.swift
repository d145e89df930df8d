import Unstick
import UnstickSQL

/// Turns a mapping into SQL, with every name checked against the catalogue.
///
/// What does not fit is collected, all of it, so that a reader mends a mapping once and not name by name.
struct MappingResolver {
    let mapping: MappingFile
    let preset: Preset?
    private let tables: [String: CatalogueTable]
    private(set) var findings: [Finding] = []

    /// Reads the catalogue of every table that the mapping names.
    init(_ mapping: MappingFile, preset: Preset?, catalogue: Catalogue) async throws {
        self.mapping = mapping
        self.preset = preset
        var tables: [String: CatalogueTable] = [:]
        for (schema, name) in mapping.tables {
            tables[Self.key(schema, name)] = try await catalogue.table(name, schema: schema)
        }
        self.tables = tables
    }

    /// The jobs' table, if it is there.
    var jobsTable: CatalogueTable? { self.tables[Self.key(self.mapping.jobs.schema, self.mapping.jobs.table)] }

    /// What the mapping is called, and where its jobs are; `nil` where there is no such table.
    var attached: PostgresStore.AttachedTables? {
        self.jobsTable.map { table in
            PostgresStore.AttachedTables(
                name: self.mapping.name ?? "\(table.schema).\(table.name)",
                schema: table.schema,
                table: table.name
            )
        }
    }

    /// - Throws: `schemaMismatch` with everything that does not fit.
    mutating func resolve() throws -> TableMap {
        let map = self.map()
        let errors = self.findings.filter { $0.level == .error }
        guard errors.isEmpty, let map else {
            throw UnstickError(
                .schemaMismatch,
                "The mapping does not match the database: "
                    + errors.map { "\($0.subject): \($0.detail)" }.joined(separator: "; ")
                    + ". 'unstick doctor' shows more."
            )
        }
        return map
    }

    private static func key(_ schema: String?, _ table: String) -> String { "\(schema ?? "")\u{0}\(table)" }

    private mutating func problem(_ subject: String, _ detail: String, advice: String? = nil) {
        self.findings.append(Finding(.error, subject, detail, advice: advice))
    }

    private mutating func table(_ schema: String?, _ name: String) -> CatalogueTable? {
        let table = self.tables[Self.key(schema, name)]
        if table == nil {
            self.problem(
                "table \(schema.map { $0 + "." } ?? "")\(name)",
                "does not exist, or this role may not see it",
                advice: "Check the spelling, upper and lower case included, and the schema."
            )
        }
        return table
    }

    private mutating func column(_ name: String, of table: CatalogueTable) -> CatalogueTable.Column? {
        let column = table.columns[name]
        if column == nil {
            self.problem(
                "column \(name)",
                "\(table.name) does not have it",
                advice: "It has: \(table.columns.keys.sorted().joined(separator: ", "))."
            )
        }
        return column
    }

    private mutating func map() -> TableMap? {
        let jobs = self.mapping.jobs
        guard let table = self.table(jobs.schema, jobs.table) else { return nil }
        let outcome: TableMap.Outcome =
            switch self.mapping.onStuck ?? .fail {
            case .fail: .fail
            case .retry: .retry
            case .report: .report
            }
        let resolved = self.jobs(in: table)
        let (compensation, balances) = self.compensation()
        let writes = self.writes(outcome, in: table, resolved)
        let pendingWrites = self.pendingWrites(outcome, in: table, resolved)
        guard let resolved else { return nil }
        var map = TableMap(
            dialect: .postgres,
            jobs: resolved,
            outcome: outcome,
            writes: writes,
            pendingWrites: pendingWrites,
            compensation: compensation,
            searchPath: "\(quoted(table.schema)),public"
        )
        map.balances = balances
        if self.preset?.isForeign != true {
            let failed = self.condition(.failed, in: table)
            map.isAsWritten[.processing] = outcome == .retry ? resolved.isPending : failed
            map.isAsWritten[.pending] = failed
        }
        return map
    }

    // MARK: The jobs

    private mutating func jobs(in table: CatalogueTable) -> TableMap.Jobs? {
        let jobs = self.mapping.jobs
        let idColumn = self.column(jobs.id, of: table) ?? .text
        let id = "j.\(quoted(jobs.id))"
        let isProcessing = self.condition(.processing, in: table)
        let started = jobs.started.flatMap { self.moment($0, of: table) }
        let updated = jobs.updated.flatMap { self.moment($0, of: table) }
        let heartbeat = jobs.heartbeat.flatMap { self.moment($0, of: table) }
        guard let since = Self.since([started, updated].compactMap { $0 }, heartbeat) else {
            self.problem(
                "started, updated",
                "neither is mapped, so no age can be computed",
                advice: "Map the column that says when an attempt started, or when the row last changed."
            )
            return nil
        }
        guard let isProcessing else { return nil }
        let milliseconds = since.kind.milliseconds(since.sql)
        var resolved = TableMap.Jobs(
            table: table.sql,
            id: id,
            idText: idColumn.type == "text" ? id : "CAST(\(id) AS text)",
            asID: { idColumn.compared($0) },
            user: jobs.user.map { self.text(.column($0), of: table) } ?? "''",
            kind: jobs.kind.map { self.text($0, of: table) } ?? literal(jobs.table),
            tier: jobs.tier.map { self.text($0, of: table, default: "NULL") } ?? "CAST(NULL AS text)",
            cost: self.cost(in: table),
            attempt: jobs.attempt.map { self.integer($0, of: table, default: 0) } ?? "CAST(0 AS bigint)",
            charge: jobs.charge.map { self.integer($0, of: table, default: 1) } ?? "CAST(1 AS bigint)",
            isProcessing: isProcessing,
            since: since.sql,
            clock: since.kind,
            startedAt: started.map { $0.kind.milliseconds($0.sql) } ?? "CAST(NULL AS bigint)",
            updatedAt: updated.map { "coalesce(\($0.kind.milliseconds($0.sql)), \(milliseconds))" } ?? milliseconds,
            isItem: "\(id) = \(idColumn.compared("i.job_id"))"
        )
        resolved.knowsHeartbeats = heartbeat != nil
        resolved.isPending = self.condition(.pending, in: table)
        resolved.isCompleted = self.condition(.completed, in: table)
        resolved.completedAt = jobs.completed.flatMap { self.moment($0, of: table) }.map {
            $0.kind.milliseconds($0.sql)
        }
        if let created = jobs.created.flatMap({ self.moment($0, of: table) }) {
            resolved.created = (created.sql, created.kind)
        }
        // A moment elsewhere is looked up where it is used, and a row without one says nothing.
        let created: Moment? = resolved.created.map { (sql: $0.sql, kind: $0.clock) }
        let moments: [Moment] = [started, updated, heartbeat, created].compactMap { $0 }
        resolved.isReadable = moments.map { "coalesce(\($0.kind.isReadable($0.sql)), true)" }.joined(separator: " AND ")
        return resolved
    }

    private typealias Moment = (sql: String, kind: TableMap.TimeKind)

    /// The moment from which the age counts, in the form that the columns share, else in milliseconds.
    private static func since(_ starts: [Moment], _ heartbeat: Moment?) -> Moment? {
        guard let first = starts.first else { return nil }
        let all = starts + (heartbeat.map { [$0] } ?? [])
        let isUniform = all.allSatisfy { $0.kind == first.kind }
        let kind = isUniform ? first.kind : .epochMilliseconds
        func sql(_ moment: Moment) -> String { isUniform ? moment.sql : moment.kind.milliseconds(moment.sql) }
        let start = starts.count == 1 ? sql(first) : "coalesce(\(starts.map(sql).joined(separator: ", ")))"
        return (heartbeat.map { "greatest(\(start), \(sql($0)))" } ?? start, kind)
    }

    private mutating func moment(_ moment: MappingFile.Moment, of table: CatalogueTable) -> Moment? {
        let kind = TableMap.TimeKind(moment.kind)
        guard let name = moment.table, let match = moment.match else {
            guard let column = self.column(moment.column, of: table) else { return nil }
            self.check(column, moment.column, is: moment.kind)
            return ("j.\(quoted(moment.column))", kind)
        }
        let lookup = MappingFile.Lookup(
            schema: moment.schema,
            table: name,
            column: moment.column,
            match: match,
            where: moment.where
        )
        guard let (sql, column) = self.lookup(lookup, of: table) else { return nil }
        self.check(column, moment.column, is: moment.kind)
        return (sql, kind)
    }

    /// A wrong form is hours off, and refunds live jobs.
    private mutating func check(_ column: CatalogueTable.Column, _ name: String, is kind: MappingFile.TimeKind) {
        let fits =
            switch kind {
            case .timestamptz: column.type == "timestamp with time zone"
            case .timestampUTC: column.type == "timestamp without time zone"
            case .epochSeconds: column.isInteger || ["double precision", "numeric"].contains(column.type)
            case .epochMilliseconds: column.isInteger
            }
        guard !fits else { return }
        self.problem("column \(name)", "is \(column.type), mapped as \(kind.rawValue)", advice: "Fix its kind.")
    }

    private mutating func lookup(
        _ lookup: MappingFile.Lookup,
        of table: CatalogueTable
    ) -> (sql: String, column: CatalogueTable.Column)? {
        guard let other = self.table(lookup.schema, lookup.table), let column = self.column(lookup.column, of: other)
        else { return nil }
        var conditions: [String] = []
        for (theirs, ours) in lookup.match.sorted(by: { $0.key < $1.key }) {
            guard self.column(theirs, of: other) != nil, self.column(ours, of: table) != nil else { return nil }
            conditions.append("x.\(quoted(theirs)) = j.\(quoted(ours))")
        }
        for (theirs, value) in (lookup.where ?? [:]).sorted(by: { $0.key < $1.key }) {
            guard self.column(theirs, of: other) != nil else { return nil }
            conditions.append("x.\(quoted(theirs)) = \(literal(value))")
        }
        let value = column.category == "e" ? "CAST(x.\(quoted(lookup.column)) AS text)" : "x.\(quoted(lookup.column))"
        return ("(SELECT max(\(value)) FROM \(other.sql) AS x WHERE \(conditions.joined(separator: " AND ")))", column)
    }

    private mutating func text(
        _ value: MappingFile.Value,
        of table: CatalogueTable,
        default missing: String = "''"
    ) -> String {
        switch value {
        case .constant(let constant): return "CAST(\(literal(constant)) AS text)"
        case .lookup(let lookup):
            let sql = self.lookup(lookup, of: table)?.sql ?? "''"
            return missing == "NULL" ? "CAST(\(sql) AS text)" : "coalesce(CAST(\(sql) AS text), \(missing))"
        case .column(let name):
            guard let column = self.column(name, of: table) else { return "''" }
            let sql = column.type == "text" ? "j.\(quoted(name))" : "CAST(j.\(quoted(name)) AS text)"
            return column.isNotNull || missing == "NULL" ? sql : "coalesce(\(sql), \(missing))"
        }
    }

    private mutating func integer(_ name: String, of table: CatalogueTable, default missing: Int) -> String {
        guard let column = self.column(name, of: table) else { return "CAST(\(missing) AS bigint)" }
        if !column.isInteger { self.problem("column \(name)", "is \(column.type), not a whole number") }
        return "coalesce(CAST(j.\(quoted(name)) AS bigint), \(missing))"
    }

    /// What a job cost; below 0 where that is no amount that can be given back, so that the job is set aside.
    private mutating func cost(in table: CatalogueTable) -> String {
        switch self.mapping.jobs.cost {
        case nil: return "CAST(0 AS bigint)"
        case .constant(let text):
            guard let tokens = Int(text), 0...Limits.tokens ~= tokens else {
                self.problem("cost", "'\(text)' is not a whole number from 0 to \(Limits.tokens)")
                return "CAST(0 AS bigint)"
            }
            return "CAST(\(tokens) AS bigint)"
        case .lookup(let lookup):
            return self.lookup(lookup, of: table).map { self.amount($0.sql, $0.column, lookup.column) } ?? "0"
        case .column(let name):
            return self.column(name, of: table).map { self.amount("j.\(quoted(name))", $0, name) } ?? "0"
        }
    }

    private mutating func amount(_ sql: String, _ column: CatalogueTable.Column, _ name: String) -> String {
        if column.isInteger { return "coalesce(CAST(\(sql) AS bigint), 0)" }
        guard column.type == "numeric" else {
            self.problem("column \(name)", "is \(column.type); amounts are whole numbers")
            return "CAST(0 AS bigint)"
        }
        return """
            CAST(CASE WHEN \(sql) IS NULL THEN 0
                WHEN \(sql) = trunc(\(sql)) AND \(sql) BETWEEN 0 AND \(Limits.tokens) THEN \(sql) ELSE -1 END AS bigint)
            """
    }

    // MARK: The status

    /// Whether a job is of a status; `nil` where the mapping does not tell.
    mutating func condition(_ status: MappingFile.JobStatusName, in table: CatalogueTable) -> String? {
        let state = self.mapping.jobs.state
        if let name = state.column {
            guard let values = state.values?[status], !values.isEmpty else {
                if status == .processing { self.problem("state", "no value of '\(name)' is mapped to processing") }
                return nil
            }
            guard let column = self.column(name, of: table) else { return nil }
            let literals = values.compactMap { self.stateValue($0, column, name) }
            return literals.count == 1
                ? "j.\(quoted(name)) = \(literals[0])"
                : "j.\(quoted(name)) IN (\(literals.joined(separator: ", ")))"
        }
        guard let conditions = state.derived?[status] else {
            if status == .processing {
                self.problem("state", "neither a column nor how processing is derived is mapped")
            }
            return nil
        }
        let parts = conditions.sorted { $0.key < $1.key }.compactMap { name, condition -> String? in
            guard self.column(name, of: table) != nil else { return nil }
            let column = "j.\(quoted(name))"
            return switch condition {
            case .null: "\(column) IS NULL"
            case .notNull: "\(column) IS NOT NULL"
            case .true: "\(column)"
            case .false: "NOT \(column)"
            }
        }
        return parts.count == conditions.count && !parts.isEmpty ? parts.joined(separator: " AND ") : nil
    }

    private mutating func stateValue(_ value: String, _ column: CatalogueTable.Column, _ name: String) -> String? {
        if column.isInteger {
            guard let number = Int(value) else {
                self.problem("state", "'\(value)' is not a whole number, and '\(name)' is \(column.type)")
                return nil
            }
            return String(number)
        }
        if column.category == "e", !column.labels.contains(value) {
            self.problem(
                "state",
                "'\(value)' is not a label of \(column.type)",
                advice: "It has: \(column.labels.joined(separator: ", "))."
            )
            return nil
        }
        return literal(value)
    }

    // MARK: What is written

    private mutating func writes(
        _ outcome: TableMap.Outcome,
        in table: CatalogueTable,
        _ jobs: TableMap.Jobs?
    ) -> [String] {
        switch outcome {
        case .report: return []
        case .fail:
            if let preset, preset.isForeign { return self.statements(of: preset, preset.fail["postgres"], "fail") }
            return self.update(.failed, settings: self.mapping.jobs.fail ?? [:], in: table, jobs)
        case .retry:
            if let preset, preset.isForeign { return self.statements(of: preset, preset.retry["postgres"], "retry") }
            guard let settings = self.mapping.jobs.retry else {
                self.problem("onStuck", "is retry, but /jobs/retry does not say what a job in the queue looks like")
                return []
            }
            return self.update(.pending, settings: settings, in: table, jobs)
        }
    }

    /// What fails a job that was never started; `nil` where that cannot be said.
    private mutating func pendingWrites(
        _ outcome: TableMap.Outcome,
        in table: CatalogueTable,
        _ jobs: TableMap.Jobs?
    ) -> [String]? {
        guard let jobs, let isPending = jobs.isPending, let created = jobs.created else { return nil }
        if case .report = outcome { return [] }
        guard preset?.isForeign != true else { return nil }
        var waiting = jobs
        waiting.isProcessing = isPending
        waiting.since = created.sql
        waiting.clock = created.clock
        return self.update(.failed, settings: self.mapping.jobs.fail ?? [:], in: table, waiting)
    }

    private mutating func statements(of preset: Preset, _ script: String?, _ what: String) -> [String] {
        guard let script else {
            self.problem(
                "onStuck",
                "\(preset.name) cannot \(what) a job by SQL and stay valid: \(preset.noRetry ?? "")"
            )
            return []
        }
        return SQLScript.statements(script)
    }

    private mutating func update(
        _ status: MappingFile.JobStatusName,
        settings: [String: MappingFile.Setting],
        in table: CatalogueTable,
        _ jobs: TableMap.Jobs?
    ) -> [String] {
        guard let jobs else { return [] }
        let mapped = self.mapping.jobs
        var assignments: [String: String] = [:]
        if let name = mapped.state.column, let column = self.column(name, of: table) {
            guard let value = mapped.state.values?[status]?.first else {
                self.problem("state", "no value of '\(name)' is mapped to \(status.rawValue)")
                return []
            }
            assignments[name] = self.stateValue(value, column, name)
        } else if settings.isEmpty {
            self.problem("state", "is derived, so /jobs/\(status == .failed ? "fail" : "retry") must say what is set")
        }
        if status == .failed, let completed = mapped.completed, completed.table == nil {
            assignments[completed.column] = TableMap.TimeKind(completed.kind).value(
                microseconds: "CAST(:now AS bigint) * 1000"
            )
        }
        if status == .failed, let error = mapped.error, self.column(error.column, of: table) != nil {
            assignments[error.column] = self.errorValue(error, of: table)
        }
        for (name, setting) in (mapped.touch ?? [:]).merging(settings, uniquingKeysWith: { $1 }) {
            assignments[name] = self.value(setting, name, in: table)
        }
        let list = assignments.sorted { $0.key < $1.key }.map { "\(quoted($0.key)) = \($0.value)" }
        return [
            """
            UPDATE \(jobs.table) AS j SET \(list.joined(separator: ", "))
            FROM unstick.run_items AS i
            WHERE \(TableMap.inBatch) AND \(jobs.isItem) AND \(jobs.isProcessing)
                AND \(jobs.clock.microseconds(jobs.since)) = i.since
            """
        ]
    }

    private mutating func value(
        _ setting: MappingFile.Setting,
        _ name: String,
        in table: CatalogueTable
    ) -> String {
        guard let column = self.column(name, of: table) else { return "NULL" }
        switch setting {
        case .null: return "NULL"
        case .increment: return "coalesce(j.\(quoted(name)), 0) + 1"
        case .now:
            let kind: TableMap.TimeKind? =
                switch column.type {
                case "timestamp with time zone": .timestamptz
                case "timestamp without time zone": .timestampUTC
                default: self.mapping.jobs.moments.first { $0.column == name }.map { TableMap.TimeKind($0.kind) }
                }
            guard let kind else {
                self.problem("column \(name)", "is \(column.type), and how it stores a time is not known")
                return "NULL"
            }
            return kind.value(microseconds: "CAST(:now AS bigint) * 1000")
        }
    }

    private func errorValue(_ error: MappingFile.ErrorColumn, of table: CatalogueTable) -> String {
        let into = table.columns[error.column] ?? .text
        let type = into.type
        let column = "j.\(quoted(error.column))"
        let object = """
            json_build_object('error', \(Self.message), 'at',
                to_char(to_timestamp(:now / 1000.0) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
            """
        return switch error.kind {
        case .text: Self.message
        case .json: into.assigned(object)
        case .append where type.hasSuffix("[]"): "array_append(\(column), CAST(\(object) AS \(type.dropLast(2))))"
        case .append:
            into.assigned("coalesce(CAST(\(column) AS jsonb), '[]') || jsonb_build_array(CAST(\(object) AS jsonb))")
        }
    }

    /// What a job's user reads.
    private static let message = """
        'Job timed out after ' || (i.duration + 500) / 1000 || CASE WHEN i.amount > 0
            THEN 's. Automatically cleaned up and tokens refunded.' ELSE 's. Automatically cleaned up.' END
        """

    // MARK: How the charge comes back

    private mutating func compensation() -> (TableMap.Compensation, TableMap.Balances?) {
        let wanted = self.mapping.compensation ?? (self.mapping.balances == nil ? .none : .balances)
        switch wanted {
        case .none: return (.none, nil)
        case .webhook: return (.webhook, nil)
        case .balances: break
        }
        guard let balances = self.mapping.balances else {
            self.problem("compensation", "is balances, but no balances are mapped")
            return (.none, nil)
        }
        if self.mapping.jobs.user == nil { self.problem("user", "is not mapped, so no user can be refunded") }
        guard let table = self.table(balances.schema, balances.table),
            let user = self.column(balances.user, of: table), let balance = self.column(balances.balance, of: table)
        else { return (.none, nil) }
        if !balance.isInteger, balance.type != "numeric" {
            self.problem("column \(balances.balance)", "is \(balance.type); amounts are whole numbers")
        }
        let key = "b.\(quoted(balances.user))"
        let column = "b.\(quoted(balances.balance))"
        let isZero = balances.nullBalance == .zero
        let updated = balances.updated.flatMap { moment -> String? in
            guard let column = self.column(moment.column, of: table) else { return nil }
            let kind = TableMap.TimeKind(moment.kind)
            self.check(column, moment.column, is: moment.kind)
            return ", \(quoted(moment.column)) = \(kind.value(microseconds: "CAST(:now AS bigint) * 1000"))"
        }
        let resolved = TableMap.Balances(
            table: table.sql,
            key: key,
            asKey: { user.comparedIfPossible($0) },
            balance: "CAST(\(column) AS text)",
            isUnknown: isZero || balance.isNotNull ? nil : "\(column) IS NULL",
            isRequired: true
        )
        let credit = """
            UPDATE \(table.sql) AS b
            SET \(quoted(balances.balance)) = \(isZero ? "coalesce(\(column), 0)" : column) + s.total\(updated ?? "")
            FROM (SELECT i.user_id, sum(i.amount) AS total FROM unstick.run_items AS i
                WHERE \(CleanupStatements.isPaid) GROUP BY i.user_id) AS s
            WHERE \(key) = \(user.comparedIfPossible("s.user_id"))
            """
        let ledger = self.mapping.ledger.flatMap {
            self.ledger($0, balances: balances, table, join: "\(key) = \(user.comparedIfPossible("i.user_id"))")
        }
        return (.balances(credit: credit, ledger: ledger), resolved)
    }

    private mutating func ledger(
        _ ledger: MappingFile.Ledger,
        balances: MappingFile.Balances,
        _ balanceTable: CatalogueTable,
        join: String
    ) -> String? {
        guard let table = self.table(ledger.schema, ledger.table) else { return nil }
        var values: [(String, String)] = []
        let key = CleanupStatements.refundKey
        func cast(_ sql: String, _ column: CatalogueTable.Column) -> String { column.assigned(sql) }
        if let name = ledger.id, let column = self.column(name, of: table) {
            values.append((name, column.type == "uuid" ? "CAST(md5(\(key)) AS uuid)" : cast(key, column)))
        }
        if let column = self.column(ledger.user, of: table) { values.append((ledger.user, cast("i.user_id", column))) }
        if let column = self.column(ledger.amount, of: table) {
            values.append((ledger.amount, cast("i.amount", column)))
        }
        for constant in [ledger.type, ledger.source].compactMap({ $0 }) {
            guard let column = self.column(constant.column, of: table) else { continue }
            if column.category == "e", !column.labels.contains(constant.value) {
                self.problem("ledger", "'\(constant.value)' is not a label of \(column.type)")
            }
            values.append((constant.column, cast(literal(constant.value), column)))
        }
        if let name = ledger.job, let column = self.column(name, of: table) {
            values.append((name, cast("i.job_id", column)))
        }
        if let name = ledger.balanceAfter, let column = self.column(name, of: table) {
            values.append((name, cast(CleanupStatements.balanceAfter("b.\(quoted(balances.balance))"), column)))
        }
        if let name = ledger.reason, let column = self.column(name, of: table) {
            values.append((name, cast(CleanupStatements.metadata(.postgres), column)))
        }
        if let moment = ledger.created, let column = self.column(moment.column, of: table) {
            let kind = TableMap.TimeKind(moment.kind)
            self.check(column, moment.column, is: moment.kind)
            values.append((moment.column, kind.value(microseconds: "CAST(:now AS bigint) * 1000")))
        }
        return """
            INSERT INTO \(table.sql) (\(values.map { quoted($0.0) }.joined(separator: ", ")))
            SELECT \(values.map(\.1).joined(separator: ", "))
            FROM unstick.run_items AS i JOIN \(balanceTable.sql) AS b ON \(join)
            WHERE \(CleanupStatements.isPaid)
            \(CleanupStatements.fromLast)
            """
    }
}

extension TableMap.TimeKind {
    init(_ kind: MappingFile.TimeKind) {
        self =
            switch kind {
            case .timestamptz: .timestamptz
            case .timestampUTC: .timestampUTC
            case .epochSeconds: .epochSeconds
            case .epochMilliseconds: .epochMilliseconds
            }
    }
}

extension MappingFile {
    /// Every table that is named.
    var tables: [(schema: String?, name: String)] {
        var tables: [(String?, String)] = [(self.jobs.schema, self.jobs.table)]
        if let balances { tables.append((balances.schema, balances.table)) }
        if let ledger { tables.append((ledger.schema, ledger.table)) }
        for case .lookup(let lookup)? in [self.jobs.kind, self.jobs.tier, self.jobs.cost] {
            tables.append((lookup.schema, lookup.table))
        }
        for moment in self.jobs.moments { if let table = moment.table { tables.append((moment.schema, table)) } }
        return tables
    }
}

extension MappingFile.Jobs {
    var moments: [MappingFile.Moment] {
        [self.started, self.heartbeat, self.updated, self.completed, self.created].compactMap { $0 }
    }
}
