import Testing
import UnstickPostgres
import UnstickSQL

@Suite("Columns of a mapping as SQL")
struct ResolvedColumnsTests {
    private func resolve(
        _ mapping: MappingFile,
        in table: CatalogueTable = HandBuilt.jobs()
    ) -> (jobs: ResolvedTables.Jobs?, findings: [Finding]) {
        var columns = ResolvedColumns(mapping, in: table, HandBuilt.catalogue(table), .postgres)
        let jobs = columns.resolve()
        return (jobs, columns.findings)
    }

    @Test("each column is read in the form in which the table stores it")
    func values() throws {
        let (found, findings) = self.resolve(try HandBuilt.mapping(#""kind": "kind", "attempt": "tries","#))
        let jobs = try #require(found)
        #expect(findings == [])
        #expect(jobs.table == #""app"."work""#)
        #expect(jobs.isItem == #"j."id" = CAST(i.job_id AS character(26))"#, "never character, which is one letter")
        #expect(jobs.user == #"coalesce(j."owner", '')"# && jobs.kind == #"j."kind""#)
        #expect(jobs.attempt == #"coalesce(CAST(j."tries" AS bigint), 0)"# && jobs.charge == "CAST(1 AS bigint)")
        #expect(jobs.isProcessing == #"j."state" = 'busy'"# && jobs.isPending == #"j."state" = 'new'"#)
        #expect(jobs.isCompleted == nil && jobs.created == nil && !jobs.knowsHeartbeats)
        #expect(jobs.since == #"j."started""# && jobs.clock == .timestamptz)
    }

    @Test("times of one form are compared as they are, of several forms in milliseconds")
    func timeColumns() throws {
        let same = try HandBuilt.mapping(#""heartbeat": {"column": "started", "kind": "timestamptz"},"#)
        #expect(self.resolve(same).jobs?.since == #"greatest(j."started", j."started")"#)
        let mixed = try HandBuilt.mapping(
            """
            "updated": {"column": "changed", "kind": "timestamp_utc"}, "heartbeat": {"column": "beat", "kind": "epoch_ms"},
            """
        )
        let jobs = try #require(self.resolve(mixed).jobs)
        #expect(jobs.clock == .epochMilliseconds && jobs.knowsHeartbeats)
        for column in ["started", "changed", "beat"] { #expect(jobs.since.contains(#"j."\#(column)""#), "\(column)") }
        #expect(jobs.isReadable?.split(separator: " AND coalesce(").count == 3)
    }

    @Test("a value in another table is the greatest of the job's rows")
    func lookup() throws {
        let mapping = try HandBuilt.mapping(
            #""kind": {"table": "accounts", "column": "name", "match": {"id": "owner"}, "where": {"name": "it's"}},"#
        )
        #expect(
            self.resolve(mapping).jobs?.kind == """
                coalesce(CAST((SELECT max(x."name") FROM "app"."accounts" AS x WHERE x."id" = j."owner" AND x."name" = \
                'it''s') AS text), '')
                """
        )
    }

    @Test("a number that is not whole is below 0, so that its job is set aside")
    func cost() throws {
        let table = HandBuilt.jobs(["cost": .init(.decimal, declared: "numeric(10,2)")])
        let cost = try #require(self.resolve(try HandBuilt.mapping(), in: table).jobs?.cost)
        #expect(cost.contains(#"j."cost" = trunc(j."cost")"#) && cost.contains("ELSE -1"))
    }

    @Test(
        "all problems are found at once",
        arguments: [
            ("started", CatalogueTable.Column?.some(.init(.integer, declared: "bigint")), "mapped as timestamptz"),
            ("started", nil, "work does not have it"),
            ("cost", .init(.double, declared: "double precision"), "amounts are whole numbers"),
            ("state", .init(.enumeration(["new"]), declared: "job_state"), "'busy' is not a label of job_state"),
            ("state", .init(.integer, declared: "integer"), "'busy' is not a whole number"),
            ("id", nil, "work does not have it"),
        ]
    )
    func problems(name: String, column: CatalogueTable.Column?, problem: String) throws {
        let findings = self.resolve(try HandBuilt.mapping(), in: HandBuilt.jobs([name: column])).findings
        #expect(!findings.isEmpty && findings.allSatisfy { $0.level == .error })
        #expect(findings.contains { $0.detail.contains(problem) }, "\(findings)")
    }

    @Test("two problems are two findings, and each name is reported once")
    func all() throws {
        let table = HandBuilt.jobs(["cost": nil, "owner": nil])
        let compiler = MappingCompiler(
            try HandBuilt.mapping(),
            preset: nil,
            catalogue: HandBuilt.catalogue(table),
            dialect: .postgres
        )
        #expect(compiler.examine().findings.map(\.subject).sorted() == ["column cost", "column owner"])
    }
}
