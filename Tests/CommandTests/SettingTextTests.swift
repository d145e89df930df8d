import Foundation
import TestSupport
import Testing
import Unstick

@testable import UnstickCommand

@Suite("The text of settings", .timeLimit(.minutes(3)))
struct SettingTextTests {
    @Test("white space around a setting is dropped, in a secret refused; control characters are refused; none is shown")
    func checked() throws {
        for name in Settings.Name.allCases {
            #expect(try SettingText.checked("value", name) == "value")
            #expect(try SettingText.checked("", name) == nil)
            for text in ["planted\n", " planted", "\tplanted", "planted\r\n", "planted\u{a0}"] {
                if name.isSecret {
                    let error = #expect(throws: UnstickError.self) { try SettingText.checked(text, name) }
                    #expect(
                        error?.message.contains(name.variable) == true && error?.message.contains("planted") == false
                    )
                } else {
                    #expect(try SettingText.checked(text, name) == "planted", "\(name)")
                }
            }
            for text in ["a\u{0}planted", "a\u{1b}[2Jplanted", "a\u{9b}planted"] {
                let error = #expect(throws: UnstickError.self) { try SettingText.checked(text, name) }
                #expect(error?.code == .invalidArgument && error?.message.contains("planted") == false, "\(name)")
            }
        }
        #expect(try SettingText.checked(" \n", .host) == nil)
        #expect(throws: UnstickError.self) { try SettingText.checked("\n", .cronSecret) }
    }

    @Test(
        "a cron secret with a line break at its end prevents the start of the server, with the reason",
        arguments: [
            "CRON_SECRET", "CRON_SECRET_PREVIOUS", "UNSTICK_ADMIN_TOKEN", "JWT_SECRET", "HEARTBEAT_URL",
        ]
    )
    func atTheStart(variable: String) async throws {
        try await Tool.inNewFolder { unstick in
            let secret = "https://example.com/0123456789abcdef0123456789abcdef"
            var environment = ["PORT": "0", "CRON_SECRET": secret, "JWT_AUDIENCE": "a", "JWT_SECRET": secret]
            environment[variable] = secret + "\n"
            let ending = try await unstick("serve", environment: environment)
            #expect(ending.status == 2 && ending.errors.contains("\(variable) begins or ends"), "\(ending.errors)")
            #expect(!ending.errors.contains("0123456789"))
        }
    }

    @Test("--print-config shows no password and no query of any setting, and no secret at all")
    func shown() async throws {
        let urls = [
            "https://user:PLANTED@example.com/path?key=PLANTED&x=PLANTED#PLANTED",
            "https://example.com/a?PLANTED,https://PLANTED@example.com/b https://example.com/c?k=PLANTED",
            "postgres://user:PLANTED@example.com/db?password=PLANTED&sslpassword=PLANTED",
            "sqlite:file.db?key=PLANTED", "HTTPS://example.com?PLANTED",
        ]
        try await Tool.inNewFolder { unstick in
            for url in urls {
                let environment = Dictionary(
                    uniqueKeysWithValues: Settings.Name.allCases.map {
                        // A password alone is used as a secret.
                        ($0.variable, $0.isSecret ? "PLANTED-secret-PLANTED" : url)
                    }
                )
                for format in [[], ["--json"]] {
                    let ending = try await unstick.start(
                        ["serve", "--print-config"] + format,
                        environment: environment
                    )
                    .ending()
                    #expect(ending.status == 0, "\(ending.errors)")
                    for name in Settings.Name.allCases { #expect(ending.output.contains(name.variable)) }
                    #expect(!(ending.output + ending.errors).contains("PLANTED"), "\(url): \(ending.output)")
                }
            }
        }
    }
}
