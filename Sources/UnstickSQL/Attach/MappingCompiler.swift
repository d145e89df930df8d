import Unstick

/// Compiles a mapping to the tables of a run, with every name checked against the catalogue.
package struct MappingCompiler {
    private let mapping: MappingFile
    private let preset: Preset?
    private let catalogue: Catalogue
    private let dialect: any SQLDialect

    package init(_ mapping: MappingFile, preset: Preset?, catalogue: Catalogue, dialect: any SQLDialect) {
        (self.mapping, self.preset, self.catalogue, self.dialect) = (mapping, preset, catalogue, dialect)
    }

    /// Reads the catalogue of every table that the mapping names.
    package init(
        _ mapping: MappingFile,
        preset: Preset?,
        from reader: some CatalogueReader,
        dialect: any SQLDialect
    ) async throws {
        let catalogue = try await Catalogue(of: mapping, from: reader)
        self.init(mapping, preset: preset, catalogue: catalogue, dialect: dialect)
    }

    /// The jobs' table, if it exists.
    package var jobsTable: CatalogueTable? {
        self.catalogue.table(self.mapping.jobs.table, schema: self.mapping.jobs.schema)
    }

    /// The columns whose values must be unique, each with the harm of duplicates.
    package var keyColumns: [(table: CatalogueTable, column: String, harm: String)] {
        let jobs = self.jobsTable.map { ($0, self.mapping.jobs.id, "jobs that share an id share one refund") }
        let balances = self.mapping.balances.flatMap { balances in
            self.catalogue.table(balances.table, schema: balances.schema)
                .map { ($0, balances.user, "a user with two rows cannot be refunded") }
        }
        return [jobs, balances].compactMap { $0 }
    }

    /// The conditions for the status of a job, for code that reads a row by itself.
    package func states(in table: CatalogueTable) -> JobStates { JobStates(self.mapping, in: table, self.catalogue) }

    /// - Throws: `schemaMismatch` with all problems.
    package func compile() throws -> ResolvedTables {
        let (tables, findings) = self.examine()
        guard findings.isEmpty, let tables else {
            throw UnstickError(
                .schemaMismatch,
                "The mapping does not match the database: "
                    + findings.map { "\($0.subject): \($0.detail)" }.joined(separator: "; ")
                    + ". 'unstick doctor' shows more."
            )
        }
        return tables
    }

    /// The tables and all problems: each finding is an error.
    package func examine() -> (tables: ResolvedTables?, findings: [Finding]) {
        var names = MappedNames(self.catalogue)
        guard let table = names.table(self.mapping.jobs.table, schema: self.mapping.jobs.schema) else {
            return (nil, names.findings)
        }
        var columns = ResolvedColumns(self.mapping, in: table, self.catalogue, self.dialect)
        var refunds = Refunds(self.mapping, self.catalogue, self.dialect)
        var writes = JobWrites(self.mapping, preset: self.preset, in: table, self.catalogue, self.dialect)
        let jobs = columns.resolve()
        let (compensation, balances) = refunds.resolve()
        let map = jobs.map { jobs in
            var map = ResolvedTables(
                dialect: self.dialect,
                jobs: jobs,
                outcome: ResolvedTables.Outcome(self.mapping.onStuck ?? .fail),
                writes: writes.running(jobs),
                pendingWrites: writes.pending(jobs),
                compensation: compensation,
                searchPath: self.dialect.searchPath(of: table)
            )
            map.attachment = Attachment(
                name: self.mapping.name ?? table.place,
                schema: table.schema,
                table: table.name,
                times: self.mapping.jobs.timesText
            )
            map.balances = balances
            map.isAsWritten = self.isAsWritten(map, in: table)
            return map
        }
        // A name that is used twice is looked up twice.
        var seen: Set<Finding> = []
        let findings = (columns.findings + refunds.findings + writes.findings).filter { seen.insert($0).inserted }
        return (map, findings)
    }

    /// Whether a job is as a run left it; a foreign queue has its own states.
    private func isAsWritten(_ map: ResolvedTables, in table: CatalogueTable) -> [StuckPhase: String] {
        guard self.preset?.isForeign != true else { return [:] }
        var states = self.states(in: table)
        let failed = states.condition(.failed)
        var conditions: [StuckPhase: String] = [:]
        conditions[.processing] = map.outcome == .retry ? map.jobs.isPending : failed
        conditions[.pending] = failed
        return conditions
    }
}
