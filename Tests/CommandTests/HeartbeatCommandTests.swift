import Foundation
import TestSupport
import TestTags
import Testing
import Unstick
import UnstickSQLite

@Suite("Heartbeat monitors on the command line", .tags(.alone), .timeLimit(.minutes(3)))
struct HeartbeatCommandTests {
    /// The part of the URL that must not appear anywhere.
    private static let planted = "planted-key-of-the-check"

    /// Runs a body with a monitor, and with the environment that names it.
    private func withMonitor(
        _ behaviour: String = "/ping",
        _ body: (Tool, RecordingReceiver, [String: String]) async throws -> Void
    ) async throws {
        try await Tool.inNewFolder { unstick in
            let sample = try await unstick("sample")
            #expect(sample.status == 0)
            try await RecordingReceiver.run(in: unstick.folder) { monitor in
                let url = monitor.address + behaviour + "/" + Self.planted
                try await body(unstick, monitor, ["HEARTBEAT_URL": url, "LOG_LEVEL": "trace"])
            }
        }
    }

    /// The pings without their common parts, once there are this many.
    private func pings(_ count: Int, _ monitor: RecordingReceiver) async throws -> [RecordingReceiver.Request] {
        try await eventually("\(count) pings") { monitor.requests.count >= count ? monitor.requests : nil }
    }

    /// A start and an end of the same run.
    private func expectPair(
        _ pings: ArraySlice<RecordingReceiver.Request>,
        endsWith ending: String,
        _ sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let paths = pings.map { $0.path.replacing("/ping/" + Self.planted, with: "") }
        #expect(paths == ["/start", ending], sourceLocation: sourceLocation)
        let runs = Set(pings.map { $0.query["rid"] ?? "" })
        #expect(runs.count == 1 && runs.allSatisfy { UUID(uuidString: $0) != nil }, sourceLocation: sourceLocation)
    }

    private func expectNothingPlanted(_ ending: Tool.Ending, _ sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(!ending.output.contains(Self.planted), sourceLocation: sourceLocation)
        #expect(!ending.errors.contains(Self.planted), sourceLocation: sourceLocation)
    }

    // MARK: The command

    @Test("a run is reported at its start and at its end, a held one as a failure, a dry run not at all")
    func command() async throws {
        try await self.withMonitor { unstick, monitor, environment in
            let good = try await unstick("cleanup", environment: environment)
            #expect(good.status == 0 && good.output.contains("Successfully cleaned up"))
            try await self.expectPair(self.pings(2, monitor)[...], endsWith: "")
            #expect(monitor.requests.allSatisfy { $0.method == "GET" && $0.body.isEmpty })
            try await unstick.addStuckJobs(30)
            let dry = try await unstick("cleanup", "--dry-run", environment: environment)
            #expect(dry.status == 0 && monitor.requests.count == 2)
            let held = try await unstick("cleanup", environment: environment)
            #expect(held.status == 1 && held.output.contains("Held: 30 of "), "\(held)")
            let failure = try await self.pings(4, monitor)
            self.expectPair(failure[2...], endsWith: "/fail")
            #expect(failure[3].method == "POST" && failure[3].body.hasPrefix("30 of "))
            // An operator has seen the hold: its jobs are still held, and nothing is wrong.
            #expect(try await unstick("holds").status == 0)
            let seen = try await unstick("cleanup", "--json", environment: environment)
            #expect(seen.status == 0 && seen.json["heldCount"] as? Int == 30)
            let all = try await self.pings(6, monitor)
            self.expectPair(all[4...], endsWith: "")
            #expect(Set(all.map { $0.query["rid"] }).count == 3 && all.count == 6)
            for ending in [good, dry, held, seen] { self.expectNothingPlanted(ending) }
        }
    }

    @Test("a monitor that hangs or is missing does not delay the end of a run", arguments: [true, false])
    func unreachable(hangs: Bool) async throws {
        try await self.withMonitor("/hang") { unstick, monitor, environment in
            var environment = environment
            if !hangs {
                environment["HEARTBEAT_URL"] = "http://127.0.0.1:\(try PostgresCluster.freePort())/\(Self.planted)"
            }
            let run = try await unstick("cleanup", environment: environment)
            #expect(run.status == 0 && run.output.contains("Successfully cleaned up"), "\(run)")
            self.expectNothingPlanted(run)
            // It ended before the first ping failed for good, otherwise there would be the next.
            #expect(Set(monitor.requests.map(\.path)) == (hangs ? ["/hang/\(Self.planted)/start"] : []))
        }
    }

    @Test("the start of a run is reported while it is in progress")
    func beginning() async throws {
        try await self.withMonitor { unstick, monitor, environment in
            try await unstick.addStuckJobs(20_000)
            let store = try unstick.store()
            let run = try unstick.start(
                ["cleanup", "--drain", "--force", "--batch-size", "10"],
                environment: environment
            )
            let first = try await self.pings(1, monitor)[0].path
            let left = try await store.backlog(Policy()).stuck
            let ending = try await run.ending()
            #expect(ending.status == 0 && first == "/ping/\(Self.planted)/start", "\(ending.errors)")
            #expect(try await store.backlog(Policy()).stuck == 0)
            #expect(left > 0, "the start is reported during the run")
            try store.close()
        }
    }

    @Test("an invalid URL of a monitor is refused without being shown", arguments: ["cleanup", "serve"])
    func refused(command: String) async throws {
        try await Tool.inNewFolder { unstick in
            _ = try await unstick("sample")
            for url in ["gopher://\(Self.planted)", "https://", "https://ada:\(Self.planted)@example.com/"] {
                let refused = try await unstick(command, environment: ["HEARTBEAT_URL": url, "PORT": "0"])
                #expect(refused.status == 2 && refused.errors.contains("HEARTBEAT_URL cannot be used: "), "\(refused)")
                #expect(refused.output.isEmpty)
                self.expectNothingPlanted(refused)
            }
            let stuck = try await unstick("stuck", "--json").json["jobs"] as? [Any]
            #expect(stuck?.isEmpty == false)
        }
    }

    // MARK: The server

    @Test("the server reports its runs as the command does, and its log contains only the host of the URL")
    func server() async throws {
        try await self.withMonitor { unstick, monitor, environment in
            let shown = try await unstick("serve", "--print-config", environment: environment)
            #expect(shown.status == 0 && shown.output.contains(/HEARTBEAT_URL +\*\*\*\n/))
            self.expectNothingPlanted(shown)
            let ending = try await unstick.serving(environment: environment) { _, address in
                await #expect(try unstick.callCron(address).contains(#""success":true"#))
                try await self.expectPair(self.pings(2, monitor)[...], endsWith: "")
                try await unstick.addStuckJobs(30)
                let dry = try await ChildProcess.run(
                    [
                        "curl", "-s", "-m", "30", "-H", "Authorization: Bearer \(Tool.adminToken)", "-H",
                        "Content-Type: application/json", "-d", #"{"dryRun": true}"#,
                        address + "/api/admin/jobs/cleanup",
                    ]
                )
                #expect(dry.contains("Dry run: Found") && monitor.requests.count == 2, "\(dry)")
                await #expect(try unstick.callCron(address).contains("Held: 30 of "))
                let failure = try await self.pings(4, monitor)
                self.expectPair(failure[2...], endsWith: "/fail")
                #expect(failure[3].body.hasPrefix("30 of ") && failure.count == 4)
            }
            #expect(ending.status == 0)
            self.expectNothingPlanted(ending)
        }
    }

    @Test("a monitor that refuses or hangs delays no run of the server, and is logged with its host")
    func serverGoesOn() async throws {
        try await self.withMonitor("/status/500") { unstick, monitor, environment in
            let ending = try await unstick.serving(environment: environment) { server, address in
                await #expect(try unstick.callCron(address).contains(#""success":true"#))
                try await eventually("a warning") {
                    server.errorsSoFar.contains("A ping did not reach its monitor") ? true : nil
                }
            }
            #expect(ending.status == 0 && ending.errors.contains("answered 500"))
            #expect(ending.errors.contains(#""host":"127.0.0.1""#))
            self.expectNothingPlanted(ending)
            let hanging = ["HEARTBEAT_URL": "\(monitor.address)/hang/\(Self.planted)"]
            let stopped = try await unstick.serving(environment: environment.merging(hanging) { $1 }) { _, address in
                for _ in 0..<2 {
                    let answer = try await unstick.callCron(address)
                    #expect(answer.contains(#""success":true"#), "\(answer)")
                }
            }
            #expect(stopped.status == 0 && stopped.errors.contains("Stopped"), "\(stopped.errors)")
            self.expectNothingPlanted(stopped)
        }
    }
}
