package import Unstick

/// Checks the tables of a mapping with their catalogue, and with queries that every database supports.
///
/// It changes nothing.
package struct Doctor: Sendable {
    private let compiler: MappingCompiler
    private let policy: Policy
    private let open: @Sendable (ResolvedTables) async throws -> any SQLStore

    /// - Parameters:
    ///   - compiler: the mapping, with the catalogue of its tables.
    ///   - policy: the rules that decide which jobs are stuck.
    ///   - open: opens the store of the tables; Unstick's own tables may be missing.
    package init(
        _ compiler: MappingCompiler,
        _ policy: Policy,
        open: @escaping @Sendable (ResolvedTables) async throws -> any SQLStore
    ) {
        (self.compiler, self.policy, self.open) = (compiler, policy, open)
    }

    /// The results of all checks.
    package func examine() async throws -> [Finding] {
        let (map, errors) = self.compiler.examine()
        guard errors.isEmpty, let map, let table = self.compiler.jobsTable else { return errors }
        var findings = [
            Finding(.ok, "mapping", "every table, column, type and value is there; about \(table.rows) rows of jobs")
        ]
        findings += self.rights(table) + self.triggers(table, map) + self.keys()
        let store = try await self.open(map)
        let source = try await self.source(map, store)
        findings += source
        // Stuck jobs are not searched while the refunds of the mapping are unknown.
        if !source.contains(where: { $0.level == .error && $0.advice == nil }) {
            findings += try await self.finding(store, map, table)
        }
        findings += try await self.ages(map, store)
        findings.append(self.looks(map))
        findings += try await self.unreadable(map, store)
        findings += try await self.balances(map, store)
        return findings
    }

    // MARK: By the catalogue

    private func rights(_ table: CatalogueTable) -> [Finding] {
        let rights =
            table.access.mayRead && table.access.mayChange
            ? Finding(.ok, "rights", "this role may read and change \(table.name)")
            : Finding(
                .error,
                "rights",
                "this role may not read and lock rows of \(table.name)",
                advice: "GRANT SELECT, UPDATE ON \(table.sql) TO …;"
            )
        switch table.access.rowPolicies {
        case .none: return [rights]
        case .bypassed:
            return [rights, Finding(.ok, "row-level security", "is on, and does not apply to this role")]
        case .applied:
            return [
                rights,
                Finding(
                    .error,
                    "row-level security",
                    "hides rows of \(table.name) from this role, so nothing would look stuck",
                    advice: "Use the owner's role, or one with BYPASSRLS, or add a policy for it."
                ),
            ]
        }
    }

    private func triggers(_ table: CatalogueTable, _ map: ResolvedTables) -> [Finding] {
        guard !table.triggers.isEmpty else { return [] }
        return [
            Finding(
                .warning,
                "triggers",
                "\(table.triggers.joined(separator: ", ")): they run for every job that Unstick changes",
                advice: map.outcome == .report ? "Nothing: rows are not changed." : "Check that this is intended."
            )
        ]
    }

    private func keys() -> [Finding] {
        self.compiler.keyColumns.compactMap { table, column, harm in
            guard let keys = table.uniqueKeys, !keys.contains([column]) else { return nil }
            return Finding(
                .warning,
                "keys",
                "\(table.name).\(column) is not unique: \(harm)",
                advice: "Create a unique index on the column, or map another one."
            )
        }
    }

    // MARK: By queries

    private func finding(
        _ store: any SQLStore,
        _ map: ResolvedTables,
        _ table: CatalogueTable
    ) async throws -> [Finding] {
        let index = IndexUse(map)
        let scans = try await index.scansWholeTable(in: store.engine)
        var findings = [
            scans
                ? Finding(
                    table.rows >= IndexUse.largeTable ? .error : .warning,
                    "index",
                    "none fits: each run reads the whole table",
                    advice: index.statement ?? "Create an index that starts with the state column."
                ) : Finding(.ok, "index", "finding stuck jobs uses an index")
        ]
        guard !scans || table.rows < IndexUse.largeTable else { return findings }
        let start = ContinuousClock.now
        let stuck = try await Cleaner(store: store, policy: PolicySource(self.policy)).findStuckJobs()
        let took = ContinuousClock.now - start
        findings.append(
            Finding(
                took > .seconds(1) ? .warning : .ok,
                "finding",
                "\(stuck.count == 100 ? "100 or more" : String(stuck.count)) stuck jobs, found in \(took.inMilliseconds) ms"
            )
        )
        return findings
    }

    /// How often a run must find a job before it ends it.
    private func looks(_ map: ResolvedTables) -> Finding {
        let isExact = Set(LimitKind.allCases).isSubset(of: map.jobs.exactLimits)
        return Finding(
            .ok,
            "looks",
            isExact
                ? "one: the database writes the times"
                : "two: a run ends a job that it finds twice, one limit apart and unchanged, where a mapped time has no "
                    + "'clock: database'"
        )
    }

    /// Compares the times with the clock; an error that an operator accepted is a warning.
    private func ages(_ map: ResolvedTables, _ store: any SQLStore) async throws -> [Finding] {
        let findings = try await AgesCheck(of: map, in: store.engine).findings
        guard findings.contains(where: { $0.level == .error }) else { return findings }
        let acceptance = try await self.acceptance(map, store)
        return findings.map { $0.accepted(acceptance) }
    }

    private func acceptance(_ map: ResolvedTables, _ store: any SQLStore) async throws -> AcceptedAges? {
        guard let attachment = map.attachment else { return nil }
        do {
            return try await attachment.storedTimes(in: store.engine)?.acceptance(of: attachment.times)
        } catch let error as UnstickError where [.schemaMismatch, .invalidArgument].contains(error.code) {
            // Another check reports tables of an older version, and a mapping without a name of its own.
            return nil
        }
    }

    /// The greatest number of rows that a check counts.
    private static let counted = 10_000

    /// Running jobs with a time that cannot be read: runs set them aside.
    private func unreadable(_ map: ResolvedTables, _ store: any SQLStore) async throws -> [Finding] {
        guard let isReadable = map.jobs.isReadable else { return [] }
        let sql = """
            SELECT count(*) AS rows, min(w.id) AS example FROM (
                SELECT \(map.jobs.idText) AS id FROM \(map.jobs.table) AS j
                WHERE \(map.jobs.isProcessing) AND NOT (\(isReadable)) LIMIT \(Self.counted)) AS w
            """
        let found = try await store.query(sql) { ($0.integer("rows") ?? 0, $0.text("example") ?? "?") }.first
        guard let (rows, example) = found, rows > 0 else { return [] }
        return [
            Finding(
                .warning,
                "times",
                "\(Self.atLeast(rows)) running jobs have a time that is infinite or outside the years 1 to 9999, for example "
                    + "the job '\(example)': runs skip them",
                advice: "Correct the rows, or the kind of the time in the mapping."
            )
        ]
    }

    /// Balances that are NULL: the jobs of their users are set aside.
    private func balances(_ map: ResolvedTables, _ store: any SQLStore) async throws -> [Finding] {
        guard let balances = map.balances, let isUnknown = balances.isUnknown else { return [] }
        let sql = """
            SELECT count(*) AS rows FROM (
                SELECT 1 FROM \(balances.table) AS b WHERE \(isUnknown) LIMIT \(Self.counted)) AS w
            """
        let rows = try await store.query(sql) { $0.integer("rows") ?? 0 }.first ?? 0
        return [
            rows == 0
                ? Finding(.ok, "balances", "none is NULL")
                : Finding(
                    .warning,
                    "balances",
                    "\(Self.atLeast(rows)) are NULL: nothing can be added to them, and runs skip the jobs of these users",
                    advice: "Set them, or set 'nullBalance: zero' under 'balances' in the mapping."
                )
        ]
    }

    private static func atLeast(_ rows: Int) -> String { rows >= Self.counted ? "\(Self.counted) or more" : "\(rows)" }

    /// The source of the mapping's refunds.
    private func source(_ map: ResolvedTables, _ store: any SQLStore) async throws -> [Finding] {
        do {
            guard let source = try await map.attachment?.source(in: store.engine) else { return [] }
            if source.id.isEmpty {
                return [Finding(.ok, "source", "the mapping '\(source.name)' gets its source with its first run")]
            }
            guard source.oldKeys == .unknown else {
                return [Finding(.ok, "source", "the mapping '\(source.name)' has the source '\(source.id)'")]
            }
            return [
                Finding(
                    .error,
                    "source",
                    "refunds from before mappings had names may belong to '\(source.name)' or to another mapping; matching jobs "
                        + "are skipped",
                    advice: "Name the owner: unstick migrate --old-keys-of NAME"
                )
            ]
        } catch let error as UnstickError where error.code == .invalidArgument {
            return [Finding(.error, "source", error.message)]
        }
    }
}
