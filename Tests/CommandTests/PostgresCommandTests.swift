import Foundation
import TestSupport
import TestTags
import Testing
import Unstick
import UnstickPostgres

/// The tool as a process, over PostgreSQL.
@Suite(
    "Command line on PostgreSQL",
    .tags(.alone),
    .enabled(if: PostgresCluster.shared != nil),
    .serialized,
    .timeLimit(.minutes(30))
)
struct PostgresCommandTests {
    private func with(_ body: (Tool, PostgresCluster, _ url: String) async throws -> Void) async throws {
        let cluster = try #require(PostgresCluster.shared)
        let url = try cluster.makeDatabase()
        defer { cluster.dropDatabase(url) }
        try await Tool.inNewFolder { try await body($0, cluster, url) }
    }

    private func add(_ jobs: Range<Int>, users: Int, to store: PostgresStore) async throws {
        let now = try await store.now()
        let batch = try await store.beginImport()
        _ = try await batch.stage(
            jobs.map { index in
                Job(
                    id: "job-\(index)",
                    userID: "user-\(index % users)",
                    kind: "image",
                    tokensCost: 3,
                    status: .processing,
                    attempt: 1,
                    createdAt: now - .seconds(5000),
                    processingStartedAt: now - .seconds(1000 + index % 700),
                    updatedAt: now - .seconds(1000)
                )
            }
        )
        _ = try await batch.commit { _, _ in }
    }

    @Test("every command takes postgres:// where it takes sqlite:")
    func commands() async throws {
        try await self.with { unstick, _, url in
            let database = ["DATABASE_URL": url]
            let early = try await unstick("cleanup", environment: database)
            #expect(early.status == 3 && early.errors.contains("unstick migrate"))
            for command in [
                ["runs"], ["jobs"], ["status"], ["stuck"], ["reconcile"], ["key", "list"], ["webhook", "list"],
            ] {
                let ending = try await unstick.start(command, environment: database).ending()
                #expect(ending.status == 3 && ending.errors.contains("unstick migrate"), "\(command): \(ending)")
            }
            #expect(try await unstick("migrate", environment: database).status == 0)
            #expect(try await unstick("sample", environment: database).status == 0)
            let stuck = try await unstick("stuck", "--json", environment: database)
            let found = try #require(stuck.json["totalFound"] as? Int)
            #expect(found > 0)
            let cleanup = try await unstick("cleanup", "--json", environment: database)
            #expect(cleanup.json["cleanedUp"] as? Int == found)
            #expect(cleanup.errors.contains("Warning: fsync is off"))
            for command in [
                ["jobs"], ["runs"], ["reconcile"], ["grant", "ada", "5"], ["balance", "ada"], ["key", "list"],
            ] {
                let ending = try await unstick.start(command + ["--json"], environment: database).ending()
                #expect(ending.status == 0 && !ending.json.isEmpty, "\(command): \(ending.errors)")
            }
        }
    }

    @Test("eight processes over one database clean 10,000 jobs of 2,000 users, each once")
    func eightProcesses() async throws {
        try await self.with { unstick, _, url in
            let store = try await PostgresStore(url: url)
            try await self.add(0..<10_000, users: 2000, to: store)
            let cleaners = try (0..<8).map { _ in
                try unstick.start(["cleanup", "--drain", "--force", "--json"], environment: ["DATABASE_URL": url])
            }
            var cleaned = 0
            for cleaner in cleaners {
                let ending = try await cleaner.ending()
                #expect(ending.status == 0, "\(ending.errors)")
                cleaned += ending.json["cleanedUp"] as? Int ?? -1
            }
            #expect(cleaned == 10_000)
            #expect(try await store.reconcile(limit: 3).isClean)
            #expect(try await store.balance(of: "user-77") == 15)
            try store.close()
        }
    }

    @Test("a cleaner that is killed at random points leaves no partial batch, and the next one finishes")
    func killed() async throws {
        let kills = ProcessInfo.processInfo.environment["UNSTICK_KILLS"].flatMap { Int($0) } ?? 50
        try await self.with { unstick, _, url in
            let store = try await PostgresStore(url: url)
            let seed = UInt64.random(in: 0..<1_000_000)
            var random = SeededGenerator(seed: seed)
            var added = 0
            for round in 0..<kills {
                if try await store.backlog(Policy()).stuck < 400 {
                    try await self.add(added..<(added + 2000), users: 300, to: store)
                    added += 2000
                }
                let cleaner = try unstick.start(
                    ["cleanup", "--drain", "--force", "--batch-size", "25"],
                    environment: ["DATABASE_URL": url]
                )
                try await Task.sleep(for: .milliseconds(Int.random(in: 0..<250, using: &random)))
                cleaner.signal(SIGKILL)
                _ = try await cleaner.ending()
                let reconciliation = try await store.reconcile(limit: 3)
                #expect(reconciliation.isClean, "seed \(seed), round \(round): \(reconciliation.mismatches)")
            }
            let rest = try await unstick("cleanup", "--drain", "--force", "--json", environment: ["DATABASE_URL": url])
            #expect(rest.status == 0 && rest.json["more"] as? Bool == false)
            #expect(try await store.reconcile(limit: 3).isClean)
            var tokens = 0
            for user in 0..<300 { tokens += try await store.balance(of: "user-\(user)") }
            #expect(tokens == added * 3)
            try store.close()
        }
    }

    @Test(
        "a node whose clock is six hours ahead fails no live job",
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/faketime")),
        arguments: ["+6h", "-6h"]
    )
    func clock(offset: String) async throws {
        try await self.with { unstick, cluster, url in
            let store = try await PostgresStore(url: url)
            try await self.add(0..<3, users: 3, to: store)
            _ = try await store.create(NewJob(id: "live", userID: "ada", kind: "image", tokensCost: 0))
            _ = try await store.start("live")
            let tool = unstick.path
            let output = try PostgresCluster.run(
                "/usr/bin/faketime",
                ["-f", offset, "/bin/bash", "-c", "date +%s; exec '\(tool)' cleanup --json --database '\(url)'"]
            )
            let lines = output.split(separator: "\n")
            let difference = (Double(lines[0]) ?? 0) - Date().timeIntervalSince1970
            #expect(abs(abs(difference) - 6 * 3600) < 120, "the node's clock was not off")
            #expect(lines[1].contains("\"cleanedUp\":3"))
            #expect(try await store.job("live")?.status == .processing)
            let line = try #require(try await store.transactions(of: "user-0", before: nil, limit: 1).first)
            #expect(abs((line.createdAt - (try await store.now())).inMilliseconds) < 120_000)
            #expect(try cluster.sql("SELECT count(*) FROM unstick.runs", in: url) == "1")
            try store.close()
        }
    }

    @Test("two servers over one database run each tick once; one that is killed does not stop the next")
    func twoServers() async throws {
        try await self.with { unstick, cluster, url in
            let environment = ["DATABASE_URL": url, "PORT": "0", "CLEANUP_SCHEDULE": "* * * * *", "LOG_FORMAT": "json"]
            let servers = try (0..<2).map { _ in try unstick.start(["serve"], environment: environment) }
            for server in servers {
                while !server.outputSoFar.contains("listens") { try await Task.sleep(for: .milliseconds(50)) }
            }
            func runs() throws -> Int {
                Int(try cluster.sql("SELECT count(*) FROM unstick.runs WHERE trigger = 'scheduler'", in: url)) ?? 0
            }
            while try runs() == 0 { try await Task.sleep(for: .milliseconds(200)) }
            try await Task.sleep(for: .seconds(2))
            #expect(try runs() == 1, "the tick was run twice")
            servers[0].signal(SIGKILL)
            while try runs() == 1 { try await Task.sleep(for: .milliseconds(200)) }
            servers[1].signal(SIGTERM)
            #expect(try await servers[1].ending().status == 0)
            _ = try await servers[0].ending()
        }
    }

    @Test("when the database is unavailable, callers do not learn its address or user; the log has both")
    func away() async throws {
        try await self.with { unstick, cluster, url in
            try await RecordingReceiver.run(in: unstick.folder) { monitor in
                let admin = String(repeating: "s", count: 40)
                let server = try unstick.start(
                    ["serve"],
                    environment: [
                        "DATABASE_URL": url, "PORT": "0", "CLEANUP_SCHEDULE": "off", "UNSTICK_ADMIN_TOKEN": admin,
                        "HEARTBEAT_URL": monitor.address + "/ping/x", "LOG_FORMAT": "json",
                    ]
                )
                let address = try await server.address()
                let parts = try #require(URLComponents(string: url))
                let database = String(parts.path.dropFirst())
                try cluster.sql(
                    "ALTER DATABASE \(database) ALLOW_CONNECTIONS false; "
                        + "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(database)'",
                    in: cluster.url(of: "postgres")
                )
                func ask(_ method: String, _ path: String) async throws -> (Int, String) {
                    let answer = try await ChildProcess.run([
                        "curl", "-s", "-X", method, "-w", "\n%{http_code}", "-H", "Authorization: Bearer \(admin)",
                        address + path,
                    ])
                    let lines = answer.split(separator: "\n").map(String.init)
                    return (lines.last.flatMap { Int($0) } ?? 0, lines.dropLast().joined(separator: "\n"))
                }
                var answers: [String] = []
                for (method, path, status) in [
                    ("GET", "/readyz", 503), ("GET", "/readyz?verbose", 503), ("GET", "/healthz/cleanup", 503),
                    ("GET", "/api/cron/cleanup-jobs", 500), ("POST", "/api/admin/jobs/cleanup", 500),
                    ("GET", "/api/admin/jobs", 503), ("GET", "/api/admin/users/ada/tokens", 503),
                ] {
                    let (code, body) = try await ask(method, path)
                    #expect(code == status && body.contains("The database cannot be reached"), "\(path): \(body)")
                    answers.append(body)
                }
                answers.append(try await ask("GET", "/admin/sign-in").1)
                let ping = try await eventually("a failure is reported") {
                    monitor.requests.first { $0.path.hasSuffix("/fail") }
                }
                #expect(ping.body.contains("The database cannot be reached"), "\(ping.body)")
                answers.append(ping.body)
                server.signal(SIGTERM)
                let log = try await server.ending().errors
                #expect(log.contains(database), "\(log)")
                let port = parts.queryItems?.first { $0.name == "port" }?.value ?? parts.port.map(String.init) ?? "5432"
                for answer in answers {
                    for word in [
                        database, "127.0.0.1", "localhost", port, "FATAL", "SQLSTATE", "socket", "server at", "test@",
                    ] {
                        #expect(!answer.contains(word), "\(word): \(answer)")
                    }
                }
            }
        }
    }

    @Test("from doctor to the schedule over a team's own tables, as in the README")
    func ownTables() async throws {
        try await self.with { unstick, cluster, url in
            try cluster.sql(
                """
                CREATE TYPE "JobStatus" AS ENUM ('PENDING', 'PROCESSING', 'COMPLETED', 'FAILED');
                CREATE TABLE "User" (id text PRIMARY KEY, tokens int NOT NULL);
                CREATE TABLE "Job" (id text PRIMARY KEY, "userId" text NOT NULL, cost int NOT NULL, status "JobStatus" NOT NULL,
                    "startedAt" timestamp(3), "updatedAt" timestamp(3) NOT NULL, error text);
                INSERT INTO "User" VALUES ('ada', 1);
                INSERT INTO "Job" VALUES ('j1', 'ada', 7, 'PROCESSING', timezone('UTC', now()) - interval '1 hour',
                    timezone('UTC', now()));
                """,
                in: url
            )
            try unstick.write(
                "mapping.yaml",
                """
                jobs:
                  table: Job
                  id: id
                  user: userId
                  cost: cost
                  state:
                    column: status
                    values: {pending: [PENDING], processing: [PROCESSING], completed: [COMPLETED], failed: [FAILED]}
                  started: {column: startedAt, kind: timestamp_utc}
                  error: {column: error, kind: text}
                  touch: {updatedAt: now}
                balances: {table: User, user: id, balance: tokens}
                """
            )
            let environment = ["DATABASE_URL": url, "UNSTICK_MAPPING": "mapping.yaml"]
            let doctor = try await unstick("doctor", environment: environment)
            #expect(doctor.status == 0 && doctor.output.contains("No errors"), "\(doctor.output)")
            let findings = try await unstick("doctor", "--json", environment: environment)
            #expect((findings.json["findings"] as? [Any])?.isEmpty == false)
            #expect(try await unstick("stuck", "--json", environment: environment).json["totalFound"] as? Int == 1)
            #expect(try await unstick("migrate", environment: environment).status == 0)
            let preview = try await unstick("cleanup", "--dry-run", environment: environment)
            #expect(preview.output.contains("Dry run: Found 1 stuck jobs"))
            let cleanup = try await unstick("cleanup", environment: environment)
            #expect(
                cleanup.output.contains("Successfully cleaned up 1 stuck jobs and refunded 7 tokens"),
                "\(cleanup.errors)"
            )
            #expect(try cluster.sql("SELECT tokens FROM \"User\"", in: url) == "8")
            #expect(try await unstick("reconcile", environment: environment).status == 0)
            #expect(try await unstick("runs", environment: environment).status == 0)
            #expect(try await unstick("fence", "install", environment: environment).status == 0)
            #expect(
                try await unstick("fence", "status", "--json", environment: environment).json["installed"] as? Bool
                    == true
            )
            #expect(try await unstick("fence", "remove", environment: environment).status == 0)

            let mappings = try await unstick("mapping", "list", environment: environment)
            #expect(mappings.status == 0 && mappings.output.contains("public.Job"))
            let rename = try await unstick("mapping", "rename", "public.Job", "images", environment: environment)
            #expect(rename.status == 0 && rename.output.contains("to 'images'"))
            // The mapping still has its old name: a run would not find its refunds.
            let refused = try await unstick("cleanup", environment: environment)
            #expect(refused.status == 2 && refused.errors.contains("unstick mapping rename images public.Job"))
            #expect(
                try await unstick("mapping", "rename", "images", "public.Job", environment: environment).status == 0
            )
            #expect(try await unstick("migrate", "--old-keys-of", "public.Job", environment: environment).status == 0)
            let unknown = try await unstick("migrate", "--old-keys-of", "unknown", environment: environment)
            #expect(unknown.status == 1 && unknown.errors.contains("unstick mapping list"))

            try unstick.write("broken.yaml", "jobs: [")
            let broken = try await unstick("stuck", "--mapping", "broken.yaml", "--database", url)
            #expect(broken.status == 2 && broken.errors.contains("YAML"))
            let both = try await unstick("stuck", "--mapping", "mapping.yaml", "--preset", "river", "--database", url)
            #expect(both.status == 2 && both.errors.contains("not both"))
            let missing = try await unstick("stuck", "--mapping", "mapping.yaml", "--database", "sqlite:app.db")
            #expect(missing.status == 3 && missing.errors.contains("app.db"))
            for command in [["jobs"], ["balance", "ada"], ["grant", "ada", "5"], ["sample"]] {
                let ending = try await unstick.start(command, environment: environment).ending()
                #expect(ending.status == 2 && ending.errors.contains("own tables"), "\(command): \(ending.output)")
            }
        }
    }
}
