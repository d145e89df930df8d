import TestSupport
import TestTags
import Testing
import Unstick
import UnstickPostgres

@Suite("Doctor", .tags(.alone), .enabled(if: Attached.isPossible))
struct DoctorTests {
    private func withJobs(_ body: (Attached) async throws -> Void) async throws {
        try await Attached.with { database in
            try database.sql(
                """
                CREATE TABLE work (id text PRIMARY KEY, state text, at timestamp, changed timestamptz);
                """
            )
            try await body(database)
        }
    }

    private func mapping(_ kind: String = "timestamp_utc") throws -> MappingFile {
        try MappingFile(
            """
            {"jobs": {"table": "work", "id": "id",
                "state": {"column": "state", "values": {"processing": ["busy"], "failed": ["dead"]}},
                "started": {"column": "at", "kind": "\(kind)"}}}
            """
        )
    }

    private func levels(_ findings: [Finding]) -> [String: Finding.Level] {
        Dictionary(findings.map { ($0.subject, $0.level) }, uniquingKeysWith: { $1 })
    }

    @Test("valid tables have no errors, and every check is listed")
    func clean() async throws {
        try await self.withJobs { database in
            try database.sql("INSERT INTO work VALUES ('a', 'busy', timezone('UTC', now()) - interval '20 s')")
            let before = try database.sql("SELECT count(*) FROM pg_class")
            let levels = self.levels(try await database.doctor(self.mapping()))
            for subject in ["connection", "primary", "clock", "mapping", "rights", "finding", "ages", "time zone"] {
                #expect(levels[subject] == .ok, "\(subject)")
            }
            #expect(levels["tables unstick.…"] == .warning && levels["role"] == .warning)
            #expect(levels["fsync"] == .warning, "the tests' own server has it off")
            #expect(try database.sql("SELECT count(*) FROM pg_class") == before, "looking changes nothing")
        }
    }

    @Test("impossible ages show that times have another form than the mapping says")
    func ages() async throws {
        try await self.withJobs { database in
            try database.sql("INSERT INTO work VALUES ('a', 'busy', timezone('Asia/Tokyo', now()))")
            let future = try await database.doctor(self.mapping()).first { $0.subject == "ages" }
            #expect(future?.level == .error && future?.detail.contains("starts") == false)
            #expect(future?.advice?.contains("time zone") == true)
            try database.sql("UPDATE work SET at = '1970-01-20'")
            #expect(try await database.doctor(self.mapping()).first { $0.subject == "ages" }?.level == .warning)
            try database.sql("UPDATE work SET at = NULL")
            #expect(
                try await database.doctor(self.mapping()).first { $0.subject == "ages" }?.detail.contains(
                    "no running job says"
                ) == true
            )
        }
    }

    @Test("missing rights, policies that hide rows, and triggers are reported")
    func rights() async throws {
        try await self.withJobs { database in
            try database.sql(
                """
                CREATE TABLE other (id int);
                CREATE FUNCTION noop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
                CREATE TRIGGER watch BEFORE UPDATE ON work FOR EACH ROW EXECUTE FUNCTION noop();
                DO $$ BEGIN
                    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'doctor_reader') THEN CREATE ROLE doctor_reader LOGIN; END IF;
                END $$;
                GRANT SELECT ON work TO doctor_reader;
                """
            )
            let url = database.url.replacing("test@", with: "doctor_reader@")
            let reader = try await PostgresDoctor(url: url, mapping: self.mapping()).examine()
            #expect(self.levels(reader)["rights"] == .error && self.levels(reader)["triggers"] == .warning)
            #expect(reader.first { $0.subject == "triggers" }?.detail.contains("watch") == true)
            #expect(self.levels(reader)["role"] == nil)
            try database.sql("GRANT UPDATE ON work TO doctor_reader; ALTER TABLE work ENABLE ROW LEVEL SECURITY")
            let filtered = try await PostgresDoctor(url: url, mapping: self.mapping()).examine()
            #expect(self.levels(filtered)["rights"] == .ok && self.levels(filtered)["row-level security"] == .error)
            let owner = try await database.doctor(self.mapping())
            #expect(self.levels(owner)["row-level security"] == .ok)
        }
    }

    @Test("a server that cannot be reached is an error at once")
    func unreachable() async throws {
        let port = try PostgresCluster.freePort()
        let error = await #expect(throws: UnstickError.self) {
            try await PostgresDoctor(url: "postgres://nobody@127.0.0.1:\(port)/x?connect_timeout=1").examine()
        }
        #expect(error?.code == .databaseUnavailable)
    }
}
