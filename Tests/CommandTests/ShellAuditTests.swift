import Foundation
import TestSupport
import Testing
import Unstick
import UnstickSQLite

@Suite("Audit log of the command line", .timeLimit(.minutes(5)))
struct ShellAuditTests {
    @Test("each command that changes something leaves one entry with its outcome; read-only commands leave none")
    func entries() async throws {
        try await Tool.inNewFolder { unstick in
            try unstick.write(
                "jobs.csv",
                """
                id,user_id,kind,tier,cost,status,attempt,created_at,processing_started_at,updated_at,processing_completed_at
                j1,ada,image,,3,COMPLETED,1,1700000000,1700000000,1700000001,1700000001

                """
            )
            try await RecordingReceiver.run(in: unstick.folder) { receiver in
                var environment = RecordingReceiver.allowed
                environment["SUDO_USER"] = "ada"
                environment["USER"] = "root"
                @discardableResult
                func run(_ arguments: String...) async throws -> Tool.Ending {
                    try await unstick.start(arguments, environment: environment).ending()
                }
                try await run("migrate")
                try await run("sample")
                try await run("import", "jobs.csv")
                try await run("import", "none.csv")
                try await run("grant", "ada", "5")
                try await run("pause", "--for", "1h")
                try await run("resume")
                try await run("cleanup", "--dry-run")
                try await run("cleanup", "--force", "--timeout", "5m")
                try await run("key", "create", "ci")
                try await run("key", "revoke", "ci")
                let added = try await run("webhook", "add", receiver.address + "/hook", "--json")
                let id = try #require(added.json["id"] as? String)
                for action in ["disable", "enable", "rotate", "test", "remove"] { try await run("webhook", action, id) }
                try await run("webhook", "replay")
                for reading in [
                    ["stuck"], ["jobs"], ["runs"], ["status"], ["reconcile"], ["balance", "ada"], ["key", "list"],
                ] {
                    _ = try await unstick.start(reading, environment: environment).ending()
                }
                let store = try unstick.store()
                let log = Array(
                    try await store.auditEntries(AuditFilter(), before: nil, limit: 100).rows.reversed()
                )
                let expected: [AuditAction] = [
                    .migrate, .importJobs, .importJobs, .importJobs, .grantTokens, .pause, .resume, .cleanUp,
                    .createToken,
                    .revokeToken, .addWebhook, .changeWebhook, .changeWebhook, .rotateWebhook, .testWebhook,
                    .removeWebhook,
                    .replayDeliveries,
                ]
                #expect(log.map(\.act.action.rawValue) == expected.map(\.rawValue))
                #expect(log.allSatisfy { $0.act.who == "cli:ada" && $0.act.channel == .cli && $0.outcome != nil })
                let cleanup = try #require(log.first { $0.act.action == .cleanUp })
                #expect(cleanup.act.detail == "timeout 5m, forced" && cleanup.outcome?.contains("(run ") == true)
                let imports = log.filter { $0.act.action == .importJobs }
                #expect(imports[1].act.detail == "jobs.csv" && imports[1].outcome?.hasPrefix("1 job imported") == true)
                #expect(imports[2].outcome?.hasPrefix("refused") == true, "a file that is not there")
                try store.close()
            }
        }
    }
}
