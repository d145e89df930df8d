import Testing
import UnstickPostgres
import UnstickSQL

@Suite("Statements that change stuck jobs")
struct JobWritesTests {
    private func writes(
        _ mapping: MappingFile,
        preset: Preset? = nil,
        in table: CatalogueTable = HandBuilt.jobs()
    ) throws -> (running: [String], pending: [String]?, findings: [Finding]) {
        var columns = ResolvedColumns(mapping, in: table, HandBuilt.catalogue(table), .postgres)
        let resolved = columns.resolve()
        let jobs = try #require(resolved)
        var writes = JobWrites(mapping, preset: preset, in: table, HandBuilt.catalogue(table), .postgres)
        let running = writes.running(jobs)
        let pending = writes.pending(jobs)
        return (running, pending, writes.findings)
    }

    @Test("a job fails only if it is still as it was read, with its status, its end, its error and the touched columns")
    func fail() throws {
        let (statements, pending, findings) = try self.writes(
            HandBuilt.mapping(
                """
                "completed": {"column": "changed", "kind": "timestamp_utc"}, "error": {"column": "errors", "kind": "append"},
                "touch": {"tries": "increment"}, "fail": {"owner": "null"},
                """
            )
        )
        let statement = try #require(statements.first)
        #expect(statements.count == 1 && findings == [] && pending == nil)
        #expect(statement.contains(#""state" = 'dead'"#) && statement.contains(#""owner" = NULL"#))
        #expect(statement.contains(#""tries" = coalesce(j."tries", 0) + 1"#))
        #expect(statement.contains(#""changed" = (timestamp '1970-01-01"#))
        #expect(statement.contains(#""errors" = array_append(j."errors", CAST(json_build_object("#))
        #expect(statement.contains(#"j."state" = 'busy'"#) && statement.contains("= i.since"))
    }

    @Test("a job returns to the queue only where the mapping defines that")
    func retry() throws {
        var mapping = try HandBuilt.mapping(#""retry": {"started": "null"},"#)
        mapping.onStuck = .retry
        let statement = try #require(try self.writes(mapping).running.first)
        #expect(statement.contains(#""started" = NULL, "state" = 'new'"#) && !statement.contains("dead"))
        mapping.jobs.retry = nil
        #expect(try self.writes(mapping).findings.map(\.subject) == ["onStuck"])
    }

    @Test("a report changes nothing")
    func report() throws {
        var mapping = try HandBuilt.mapping(#""created": {"column": "started", "kind": "timestamptz"},"#)
        #expect(try self.writes(mapping).pending?.first?.contains(#"j."state" = 'new'"#) == true)
        mapping.onStuck = .report
        let (running, pending, findings) = try self.writes(mapping)
        #expect(running == [] && pending == [] && findings == [])
    }

    @Test("a preset's own statements are used, or it says why there are none")
    func preset() throws {
        var mapping = try HandBuilt.mapping()
        let oban = try Preset.named("oban")
        let (running, pending, findings) = try self.writes(mapping, preset: oban)
        #expect(running.count == 1 && running[0].hasPrefix("UPDATE oban_jobs") && pending == nil && findings == [])
        mapping.onStuck = .retry
        let refused = try self.writes(mapping, preset: Preset.named("laravel")).findings
        #expect(refused.first?.detail.contains("would fail at once") == true)
    }

    @Test("a setting 'now' needs a column with a known form")
    func now() throws {
        let known = try self.writes(HandBuilt.mapping(#""touch": {"changed": "now"},"#))
        #expect(known.findings == [] && known.running[0].contains(#""changed" = (timestamp '1970"#))
        let unknown = try self.writes(HandBuilt.mapping(#""touch": {"beat": "now"},"#)).findings
        #expect(unknown.map(\.subject) == ["column beat"])
    }

    @Test("a status without a value to write is a problem")
    func noValue() throws {
        var mapping = try HandBuilt.mapping()
        mapping.jobs.state.values?[.failed] = nil
        #expect(try self.writes(mapping).findings.first?.detail.contains("mapped to failed") == true)
        (mapping.jobs.state.column, mapping.jobs.state.derived) = (nil, [.processing: ["started": .notNull]])
        #expect(try self.writes(mapping).findings.first?.detail.contains("is derived") == true)
    }
}
