import Foundation
import TestSupport
import Testing
import Unstick

@testable import UnstickCommand

@Suite("The settings file")
struct SettingsFileTests {
    @Test("keys are nested or joined by dots, and a value is taken as it is written")
    func reads() throws {
        let values = try SettingsFile.parse(
            "port: 7001\nhost: ~\ncleanup:\n  timeout: 7m\n  batch.size: 070\nwebhook.allow.http: true\n"
                + "cron:\n  secret: 12345678901234567890\n  secret.previous: ''\n",
            name: "it"
        )
        #expect(
            values == [
                .port: "7001", .timeout: "7m", .batchSize: "070", .webhookHTTP: "true",
                .cronSecret: "12345678901234567890",
            ]
        )
        for empty in ["", "# nothing\n", "---\n", "cleanup:\n"] {
            #expect(try SettingsFile.parse(empty, name: "it").isEmpty)
        }
    }

    @Test(
        "an unknown setting is refused with its line",
        arguments: [
            ("cleanup:\n  timout: 7m", "it:2: unknown setting 'cleanup.timout'", "Did you mean 'cleanup.timeout'?"),
            ("port: 1\nDATABASE_URL: x", "it:2: unknown setting 'DATABASE_URL'", "Did you mean 'database.url'?"),
            ("nonsense: { a: 1 }", "it:1: unknown setting 'nonsense'", "--print-config"),
            ("cleanup: { zone: { a: b } }", "it:1: unknown setting", "'cleanup.zone'"),
            ("cleanup: 5", "it:1: cleanup must be a mapping.", ""), ("- 1", "it:1: the file must be a mapping.", ""),
            ("jwt: { audience: [a, b] }", "it:1: jwt.audience must be one value", "commas"),
            ("port: 1\nhost: a\nport: 2", "it:1: the key 'port' stands twice in the same mapping", "Keep one"),
            ("port: 1\ndatabase: { url: a }\ndatabase.url: b", "it:3: database.url is set twice.", ""),
            ("port: [", "it:", "this is not valid YAML"),
        ]
    )
    func refused(text: String, start: String, advice: String) {
        let error = #expect(throws: UnstickError.self) { try SettingsFile.parse(text, name: "it") }
        #expect(error?.code == .invalidInput)
        #expect(
            error?.message.hasPrefix(start) == true && error?.message.contains(advice.isEmpty ? start : advice) == true
        )
    }

    @Test("a server does not start with a file that has an unknown key, and a secret in its place is not shown")
    func serve() async throws {
        try await Tool.inNewFolder { unstick in
            try unstick.write("settings.yaml", "port: 7001\npolcy: x\nwhsec_c2VjcmV0: y\n")
            let ending = try await unstick("serve", "--print-config", "--config", "settings.yaml")
            #expect(ending.status == 2 && ending.output.isEmpty)
            #expect(ending.errors.contains("settings.yaml:2: unknown setting 'polcy'"), "\(ending.errors)")
            #expect(ending.errors.contains("settings.yaml:3: unknown setting '…'"), "\(ending.errors)")
            #expect(try await unstick("serve", "--print-config", "--config", "none.yaml").status == 2)
        }
    }
}
