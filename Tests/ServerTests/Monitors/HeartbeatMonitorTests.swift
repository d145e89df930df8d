import Logging
import ServiceLifecycle
import ServiceLifecycleTestKit
import TestTags
import Testing

@testable import UnstickServer

@Suite("Heartbeat monitors", .tags(.alone), .timeLimit(.minutes(1)))
struct HeartbeatMonitorTests {
    private static let quick = HeartbeatLimits(pause: .milliseconds(10))
    /// Limits that time out soon.
    private static let hasty = HeartbeatLimits(
        timeout: .milliseconds(500),
        pause: .milliseconds(10),
        gracePeriod: .milliseconds(1500)
    )

    private let log = RecordedLog()

    /// A monitor of a server whose URL contains secrets.
    private func monitor(
        _ server: MonitorServer,
        _ path: String = "/s3cret?k=t0ken",
        _ limits: HeartbeatLimits = Self.quick
    ) throws -> HeartbeatMonitor {
        let url = try MonitorURL("http://127.0.0.1:\(server.port)\(path)")
        return HeartbeatMonitor(url: url, limits: limits, logger: self.log.logger)
    }

    @Test("a start and a success are sent in their order, for the same run")
    func success() async throws {
        try await MonitorServer.with(.answer(200)) { server in
            let monitor = try self.monitor(server)
            async let pings: Void = monitor.run()
            let first = monitor.started()
            monitor.succeeded(first)
            let second = monitor.started()
            monitor.succeeded(second, message: "7 jobs")
            let calls = await server.calls(4)
            #expect(first != second)
            #expect(
                calls.map(\.target) == [
                    "/s3cret/start?k=t0ken&rid=\(first.id)", "/s3cret?k=t0ken&rid=\(first.id)",
                    "/s3cret/start?k=t0ken&rid=\(second.id)", "/s3cret?k=t0ken&rid=\(second.id)",
                ]
            )
            #expect(calls.map(\.method) == ["GET", "GET", "GET", "POST"])
            #expect(calls.map(\.body) == ["", "", "", "7 jobs"])
            await monitor.shutdown()
            await pings
            #expect(self.log.lines.isEmpty)
        }
    }

    @Test("a failure is posted with its reason")
    func failure() async throws {
        try await MonitorServer.with(.answer(200)) { server in
            let monitor = try self.monitor(server)
            async let pings: Void = monitor.run()
            let run = monitor.started()
            monitor.failed(run, reason: "the database is gone")
            let calls = await server.calls(2)
            let expected = MonitorServer.Call(
                method: "POST",
                target: "/s3cret/fail?k=t0ken&rid=\(run.id)",
                contentType: "text/plain; charset=utf-8",
                body: "the database is gone"
            )
            #expect(calls.last == expected)
            await monitor.shutdown()
            await pings
        }
    }

    @Test("a run in Sentry's format, over the wire")
    func sentry() async throws {
        try await MonitorServer.with(.answer(202, "")) { server in
            let monitor = try self.monitor(server, "/api/1/cron/nightly/s3cret/")
            let run = monitor.started()
            monitor.failed(run, reason: "no space")
            await monitor.shutdown()
            let calls = await server.remainingCalls()
            #expect(
                calls.map(\.target)
                    == ["in_progress", "error"].map {
                        "/api/1/cron/nightly/s3cret/?status=\($0)&check_in_id=\(run.id)"
                    }
            )
            #expect(self.log.lines.isEmpty)
        }
    }

    @Test("while a monitor hangs, calls return at once and only 16 pings wait")
    func hanging() async throws {
        try await MonitorServer.with(.hang) { server in
            var limits = HeartbeatLimits()
            limits.gracePeriod = .milliseconds(50)
            let monitor = try self.monitor(server, "/s3cret?k=t0ken", limits)
            async let pings: Void = monitor.run()
            let run = monitor.started()
            _ = await server.calls(1)
            let spent = ContinuousClock().measure {
                for _ in 1...100 { monitor.failed(run, reason: String(repeating: "x", count: 100_000)) }
            }
            #expect(spent < .seconds(1))
            #expect(self.log.lines.count == 84)
            let drop = "warning: A ping was dropped event=failure, host=127.0.0.1, reason=16 other pings wait"
            #expect(self.log.lines.allSatisfy { $0 == drop })
            let shutdown = await ContinuousClock().measure { await monitor.shutdown() }
            #expect(shutdown < .seconds(3))
            await pings
            let unsent = "warning: The monitor was shut down before all pings were sent host=127.0.0.1, pings=17"
            #expect(self.log.lines.dropFirst(84) == [unsent])
        }
    }

    @Test("with too many waiting pings, the oldest are dropped")
    func oldest() async throws {
        try await MonitorServer.with(.answer(200)) { server in
            let monitor = try self.monitor(server)
            let runs = (0..<20).map { _ in monitor.started() }
            await monitor.shutdown()
            let calls = await server.remainingCalls()
            #expect(calls.map(\.target) == runs.dropFirst(4).map { "/s3cret/start?k=t0ken&rid=\($0.id)" })
        }
    }

    @Test(
        "a refused ping is sent once more, and then logged once",
        arguments: [
            (MonitorServer.Reply.answer(500), "answered 500"), (.answer(404), "answered 404"),
            (.answer(302), "answered 302"), (.answer(200, "OK (not found)\n"), "answered OK (not found)"),
            (.hang, "no answer in time"), (.begin, "no answer in time"),
        ]
    )
    func refused(reply: MonitorServer.Reply, reason: String) async throws {
        try await MonitorServer.with(reply, reply, .answer(200)) { server in
            var limits = Self.hasty
            limits.gracePeriod = .seconds(20)
            let monitor = try self.monitor(server, "/s3cret?k=t0ken", limits)
            let run = monitor.started()
            monitor.succeeded(run)
            await monitor.shutdown()
            let calls = await server.remainingCalls()
            let start = "/s3cret/start?k=t0ken&rid=\(run.id)"
            #expect(calls.map(\.target) == [start, start, "/s3cret?k=t0ken&rid=\(run.id)"])
            let line = "warning: A ping did not reach its monitor event=start, host=127.0.0.1, reason=\(reason)"
            #expect(self.log.lines == [line])
        }
    }

    @Test("a ping that fails only once is not logged")
    func secondAttempt() async throws {
        try await MonitorServer.with(.answer(503), .answer(200)) { server in
            let monitor = try self.monitor(server)
            _ = monitor.started()
            await monitor.shutdown()
            let calls = await server.remainingCalls()
            #expect(calls.count == 2)
            #expect(self.log.lines.isEmpty)
        }
    }

    @Test("a repetition is sent after a second")
    func pause() async throws {
        try await MonitorServer.with(.answer(500), .answer(200)) { server in
            let monitor = try self.monitor(server, "/s3cret", HeartbeatLimits())
            _ = monitor.started()
            let spent = await ContinuousClock().measure { await monitor.shutdown() }
            #expect(spent >= .seconds(1))
        }
    }

    @Test("the log never contains the path or the query", arguments: ["http", "https"])
    func secrecy(scheme: String) async throws {
        try await MonitorServer.with(.answer(500), .hang, .begin) { server in
            for port in [server.port, 1] {
                let url = try MonitorURL("\(scheme)://127.0.0.1:\(port)/s3cret?k=t0ken")
                let monitor = HeartbeatMonitor(url: url, limits: Self.hasty, logger: self.log.logger)
                let run = monitor.started()
                for _ in 1...20 { monitor.failed(run, reason: "no space") }
                await monitor.shutdown()
                monitor.succeeded(run)
            }
            #expect(self.log.lines.contains { $0.contains("did not reach") })
            for line in self.log.lines {
                #expect(line.hasPrefix("warning: ") && line.contains("host=127.0.0.1,"))
                for secret in ["s3cret", "t0ken", "k="] { #expect(!line.contains(secret)) }
            }
        }
    }

    @Test("a shutdown sends the last ping, also when nothing was sent before", arguments: [true, false])
    func lastPing(isRunning: Bool) async throws {
        try await MonitorServer.with(.answer(200)) { server in
            let monitor = try self.monitor(server)
            async let pings: Void = isRunning ? monitor.run() : ()
            let run = monitor.started()
            monitor.failed(run, reason: "stopped")
            await monitor.shutdown()
            await monitor.shutdown()
            await pings
            let calls = await server.remainingCalls()
            #expect(calls.map(\.body) == ["", "stopped"])
            monitor.succeeded(run)
            let line = "warning: A ping was dropped event=success, host=127.0.0.1, reason=the monitor was shut down"
            #expect(self.log.lines == [line])
        }
    }

    @Test("a service group's shutdown sends waiting pings and ends the monitor")
    func gracefulShutdown() async throws {
        try await MonitorServer.with(.answer(200)) { server in
            let monitor = try self.monitor(server)
            await testGracefulShutdown { trigger in
                await withTaskGroup { group in
                    group.addTask { await monitor.run() }
                    let run = monitor.started()
                    _ = await server.calls(1)
                    monitor.succeeded(run)
                    trigger.triggerGracefulShutdown()
                    await group.waitForAll()
                    let calls = await server.remainingCalls()
                    #expect(calls.map(\.target) == ["/s3cret?k=t0ken&rid=\(run.id)"])
                }
            }
            #expect(self.log.lines.isEmpty)
        }
    }

    @Test("cancellation ends it, also while the monitor hangs")
    func cancellation() async throws {
        try await MonitorServer.with(.hang) { server in
            let monitor = try self.monitor(server)
            await withTaskGroup { group in
                group.addTask { await monitor.run() }
                _ = monitor.started()
                _ = await server.calls(1)
                _ = monitor.started()
                group.cancelAll()
            }
            let line = "warning: The monitor was shut down before all pings were sent host=127.0.0.1, pings=2"
            #expect(self.log.lines == [line])
        }
    }
}
