import Foundation
import TestSupport
import Testing
import Unstick
import UnstickSQLite

@testable import UnstickCommand

@Suite("The server as a process", .timeLimit(.minutes(2)))
struct ServeTests {
    private func get(_ address: String, bearer: String? = nil, in tool: Tool) async throws -> String {
        try await ChildProcess.run(
            ["curl", "-s", "-m", "20"] + (bearer.map { ["-H", "Authorization: Bearer \($0)"] } ?? []) + [address]
        )
    }

    @Test("it prints its address, answers, and stops in good order on SIGTERM")
    func life() async throws {
        try await Tool.inNewFolder { unstick in
            _ = try await unstick("sample")
            let secret = "a-planted-admin-secret-of-some-length"
            let server = try unstick.start(
                ["serve", "--port", "0", "--schedule", "off"],
                environment: [
                    "UNSTICK_ADMIN_TOKEN": secret, "CRON_SECRET": "a-planted-cron-secret", "LOG_LEVEL": "trace",
                ]
            )
            let address = try await server.address()
            #expect(try await self.get(address + "/readyz", in: unstick).contains(#""status":"ready""#))
            #expect(
                try await self.get(address + "/metrics", bearer: secret, in: unstick)
                    .contains(#"unstick_http_requests_total{route="/readyz",method="GET",status="200"} 1"#)
            )
            #expect(
                try await self.get(address + "/api/admin/jobs/stuck", bearer: secret, in: unstick).contains("sample-")
            )
            let cron = try await self.get(
                address + "/api/cron/cleanup-jobs",
                bearer: "a-planted-cron-secret",
                in: unstick
            )
            #expect(cron.contains(#""success":true"#))
            #expect(
                try await self.get(address + "/api/cron/cleanup-jobs", bearer: "wrong-secret", in: unstick).contains(
                    "Unauthorized"
                )
            )
            server.signal(SIGTERM)
            let ending = try await server.ending()
            #expect(ending.status == 0 && ending.errors.contains("Stopped"))
            #expect(!ending.errors.contains("planted") && !ending.output.contains("planted"))
            for line in ending.errors.split(separator: "\n") {
                #expect((try? JSONSerialization.jsonObject(with: Data(line.utf8))) != nil, "\(line)")
            }
            let lines = ending.errors.split(separator: "\n").filter {
                $0.contains("Stuck job") || $0.contains("Cleanup finished")
            }
            #expect(lines.count > 1 && lines.allSatisfy { $0.contains("\"runId\"") })
            #expect(
                lines.filter { $0.contains("Stuck job") }.allSatisfy {
                    $0.contains("\"jobId\"") && $0.contains("\"userId\"")
                }
            )
            #expect(try await unstick("reconcile").status == 0)
        }
    }

    @Test("with a schedule it cleans by itself, and makes up for missed ticks")
    func scheduled() async throws {
        try await Tool.inNewFolder { unstick in
            _ = try await unstick("sample")
            let store = try unstick.store()
            let long = try await store.now() - .seconds(7200)
            #expect(
                try await store.claim(ScheduledCleanup.name, due: long, holder: "before", lease: .seconds(1))
                    == .claimed
            )
            try await store.release(ScheduledCleanup.name, holder: "before")
            let server = try unstick.start(["serve", "--port", "0", "--schedule", "@hourly"])
            _ = try await server.address()
            var runs: [Run] = []
            for _ in 0..<400 where runs.isEmpty {
                runs = try await store.runs(before: nil, limit: 1)
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(runs.first?.trigger == .scheduler)
            server.signal(SIGINT)
            let ending = try await server.ending()
            let announced = "Cleanup runs when a job reaches its limit, and every hour, next in"
            #expect(ending.status == 0 && ending.output.contains(announced))
            #expect(try await store.runs(before: nil, limit: 1).first?.cleanedUp ?? 0 > 0)
            try store.close()
        }
    }

    @Test("settings: flags over environment over file, secrets masked")
    func settings() async throws {
        try await Tool.inNewFolder { unstick in
            try unstick.write(
                "settings.yaml",
                "port: 7001\nhost: 0.0.0.0\ncleanup:\n  timeout: 7m\n  batch:\n    size: 70\n"
            )
            let shown = try await unstick(
                "serve",
                "--print-config",
                "--json",
                "--config",
                "settings.yaml",
                "--timeout",
                "9m",
                environment: ["PORT": "7002", "CLEANUP_TIMEOUT": "8m", "CRON_SECRET": "a-planted-cron-secret"]
            )
            #expect(shown.status == 0 && !shown.output.contains("planted"))
            #expect(shown.json["PORT"] as? String == "7002" && shown.json["HOST"] as? String == "0.0.0.0")
            #expect(
                shown.json["CLEANUP_TIMEOUT"] as? String == "9m" && shown.json["CLEANUP_BATCH_SIZE"] as? String == "70"
            )
            #expect(shown.json["CRON_SECRET"] as? String == "***" && shown.json["UNSTICK_ADMIN_TOKEN"] is NSNull)
            #expect(shown.json["CLEANUP_SCHEDULE"] as? String == "*/15 * * * *")
            let text = try await unstick("serve", "--print-config")
            #expect(
                text.output.contains("CRON_SECRET ") && text.output.contains("JWT_ROLE_CLAIM_IS_TRUSTED  (not set)")
            )
        }
    }

    @Test(
        "invalid settings are refused before anything starts",
        arguments: [
            (["UNSTICK_ENV": "production"], "CRON_SECRET is not set"),
            (["UNSTICK_ENV": "production", "CRON_SECRET": "short"], "16 characters or more"),
            (["UNSTICK_ENV": "staging"], "UNSTICK_ENV"), (["PORT": "70000"], "PORT"), (["PORT": "http"], "PORT"),
            (["CLEANUP_SCHEDULE": "often"], "five fields"), (["CLEANUP_ZONE": "Mars"], "time zone"),
            (["CLEANUP_TIMEOUT": "soon"], "CLEANUP_TIMEOUT"), (["CLEANUP_BATCH_SIZE": "0"], "CLEANUP_BATCH_SIZE"),
            (["CLEANUP_BATCH_SIZE": "x"], "CLEANUP_BATCH_SIZE"), (["UNSTICK_ADMIN_TOKEN": "short"], "32 characters"),
            (["LOG_LEVEL": "loud"], "LOG_LEVEL"), (["LOG_FORMAT": "xml"], "LOG_FORMAT"),
            (["CRON_SECRET_PREVIOUS": "only-the-previous-one"], "CRON_SECRET is not set"),
            (["BASE_PATH": "/a/../b"], "BASE_PATH"), (["BASE_PATH": "a b"], "BASE_PATH"),
            (["TRUSTED_PROXIES": "10.0.0.0/8, home"], "TRUSTED_PROXIES has 'home'"),
            (["JWT_SECRET": "short"], "JWT_SECRET"),
            (["JWT_PRESET": "own"], "JWT_PRESET"), (["JWT_COOKIE": "session"], "JWT_COOKIE"),
        ]
    )
    func refused(environment: [String: String], reason: String) async throws {
        try await Tool.inNewFolder { unstick in
            let ending = try await unstick("serve", environment: environment)
            #expect(ending.status == 2 && ending.errors.contains(reason), "\(ending.errors)")
            #expect(ending.output.isEmpty)
        }
    }

    @Test("a port in use is reported clearly")
    func portTaken() async throws {
        try await Tool.inNewFolder { unstick in
            let first = try unstick.start(["serve", "--port", "0", "--schedule", "off"])
            let port = String(try await first.address().split(separator: ":")[2])
            let second = try await unstick("serve", "--port", port)
            #expect(
                second.status == 2 && second.errors.contains("Another process uses the port of 127.0.0.1:\(port)."),
                "\(second.errors)"
            )
            first.signal(SIGTERM)
            let ending = try await first.ending()
            #expect(ending.status == 0 && ending.output.contains("No schedule"))
        }
    }
}
