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
                let ping = try await eventually("a failure is told") {
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
                INSERT INTO "Job" VALUES ('j1', 'ada', 7, 'PROCESSING', timezone('UTC', now()) - interval '70 minutes',
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
                  started: {column: startedAt, kind: timestamp_utc, clock: database}
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
