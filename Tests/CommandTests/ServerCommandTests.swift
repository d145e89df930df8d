import Foundation
import TestSupport
import TestTags
import Testing
import Unstick
import UnstickSQL

@testable import StoreSuite

/// The tool as a process, over a database server.
@Suite("Command line on database servers", .tags(.alone), .serialized, .timeLimit(.minutes(30)))
struct ServerCommandTests {
    private func with(
        _ server: any StoreServer,
        _ body: (Tool, _ url: String) async throws -> Void
    ) async throws {
        try await server.withDatabase { url in try await Tool.inNewFolder { try await body($0, url) } }
    }

    @Test("every command takes a server's URL where it takes sqlite:", arguments: StoreBackend.servers)
    func commands(server: any StoreServer) async throws {
        try await self.with(server) { unstick, url in
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
            #expect(cleanup.errors.contains("Warning: "))
            for command in [
                ["jobs"], ["runs"], ["reconcile"], ["grant", "ada", "5"], ["balance", "ada"], ["key", "list"],
            ] {
                let ending = try await unstick.start(command + ["--json"], environment: database).ending()
                #expect(ending.status == 0 && !ending.json.isEmpty, "\(command): \(ending.errors)")
            }
        }
    }

    @Test("rights are printed for a role, and granted to one that is there", arguments: StoreBackend.servers)
    func rights(server: any StoreServer) async throws {
        try await self.with(server) { unstick, url in
            let printed = try await unstick("migrate", "--print", "--role", "absent-role", "--database", url)
            #expect(printed.status == 0 && printed.output.contains(/GRANT .* TO .absent-role.;/), "\(printed.errors)")
            let absent = try await unstick("migrate", "--role", "absent-role", "--database", url)
            #expect(absent.status != 0 && absent.errors.contains("refused"), "\(absent)")
        }
    }

    @Test("what a database does not have is refused, with what to do")
    func refused() async throws {
        try await Tool.inNewFolder { unstick in
            let roles = try await unstick("migrate", "--role", "app")
            #expect(roles.status == 2 && roles.errors.contains("SQLite has no roles"), "\(roles)")
            let url = "mysql://ada@127.0.0.1:1/app"
            for command in ["stuck", "cleanup", "migrate", "doctor"] {
                let own = try await unstick(command, "--preset", "laravel", "--database", url)
                #expect(own.status == 2 && own.errors.contains("On MariaDB and MySQL, use"), "\(own)")
            }
        }
    }

    @Test(
        "a node whose clock is six hours ahead fails no live job",
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/faketime")),
        arguments: StoreBackend.servers,
        ["+6h", "-6h"]
    )
    func clock(server: any StoreServer, offset: String) async throws {
        try await self.with(server) { unstick, url in
            let store = try await server.open(url)
            try await store.add((0..<3).map { JobFixture(id: "job-\($0)", user: "user-\($0)", cost: 3) })
            _ = try await store.create(NewJob(id: "live", userID: "ada", kind: "image", tokensCost: 0))
            _ = try await store.start("live")
            let tool = unstick.path
            let output = try ChildProcess.runBlocking(
                [
                    "/usr/bin/faketime", "-f", offset, "/bin/bash", "-c",
                    "date +%s; exec '\(tool)' cleanup --json --database '\(url)'",
                ]
            )
            let lines = output.split(separator: "\n")
            let difference = (Double(lines[0]) ?? 0) - Date().timeIntervalSince1970
            #expect(abs(abs(difference) - 6 * 3600) < 120, "the node's clock was not off")
            #expect(lines[1].contains("\"cleanedUp\":3"))
            #expect(try await store.job("live")?.status == .processing)
            let line = try #require(try await store.transactions(of: "user-0", before: nil, limit: 1).first)
            #expect(abs((line.createdAt - (try await store.now())).inMilliseconds) < 120_000)
            #expect(try await store.runs(before: nil, limit: 5).count == 1)
            try store.close()
        }
    }

    @Test(
        "two servers over one database run each tick once; one that is killed does not stop the next",
        .enabled(if: ProcessInfo.processInfo.environment["UNSTICK_PROOF"] != nil, "takes minutes: only in make proof"),
        arguments: StoreBackend.servers
    )
    func twoServers(server: any StoreServer) async throws {
        try await self.with(server) { unstick, url in
            let store = try await server.open(url)
            let environment = ["DATABASE_URL": url, "PORT": "0", "CLEANUP_SCHEDULE": "* * * * *", "LOG_FORMAT": "json"]
            let servers = try (0..<2).map { _ in try unstick.start(["serve"], environment: environment) }
            for server in servers { _ = try await server.address() }
            /// The minutes of the scheduled runs that are complete.
            func minutes() async throws -> [Int] {
                try await store.runs(before: nil, limit: 10)
                    .filter { $0.trigger == .scheduler && $0.status == .completed }
                    .map { $0.startedAt.milliseconds / 60_000 }
            }
            _ = try await eventually("the first tick", within: .seconds(90)) { try await minutes().first }
            servers[0].signal(SIGKILL)
            _ = try await servers[0].ending()
            let ticks = try await eventually("a tick after the kill", within: .seconds(90)) {
                let minutes = try await minutes()
                return Set(minutes).count > 1 ? minutes : nil
            }
            #expect(Set(ticks).count == ticks.count, "a tick ran twice: \(ticks)")
            servers[1].signal(SIGTERM)
            #expect(try await servers[1].ending().status == 0)
            try store.close()
        }
    }
}
