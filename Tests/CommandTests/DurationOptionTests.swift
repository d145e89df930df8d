import Foundation
import TestSupport
import Testing

@Suite("Durations on the command line", .timeLimit(.minutes(2)))
struct DurationOptionTests {
    @Test(
        "a number without a unit is refused with its two likely meanings, and nothing is done",
        arguments: [
            ["cleanup", "--timeout", "300"], ["stuck", "--timeout", "300"], ["pause", "--for", "300"],
            ["status", "--every", "300"], ["suggest", "--floor", "300"], ["suggest", "--cap", "300"],
            ["suggest", "--since", "300"], ["backtest", "--run-every", "300"], ["backtest", "--train-until", "300"],
            ["webhook", "rotate", "x", "--overlap", "300"], ["webhook", "replay", "--since", "300"],
            ["serve", "--timeout", "300", "--port", "0"],
        ]
    )
    func bare(arguments: [String]) async throws {
        try await Tool.inNewFolder { unstick in
            _ = try await unstick("sample")
            let ending = try await unstick.start(arguments).ending()
            #expect(ending.status == 2 && ending.output.isEmpty, "\(ending)")
            #expect(
                ending.errors.contains("'300' has no unit: write 300s or 5m for seconds, or 300ms for"),
                "\(ending)"
            )
            #expect(try await unstick("runs", "--json").output.contains(#""runs":[]"#))
        }
    }

    @Test("settings too, from the environment and from a file")
    func settings() async throws {
        try await Tool.inNewFolder { unstick in
            try unstick.write("settings.yaml", "cleanup: { timeout: 300 }\n")
            for ending in [
                try await unstick("serve", "--port", "0", environment: ["CLEANUP_TIMEOUT": "300"]),
                try await unstick("serve", "--port", "0", "--config", "settings.yaml"),
            ] {
                #expect(ending.status == 2 && ending.output.isEmpty, "\(ending)")
                #expect(ending.errors.contains("CLEANUP_TIMEOUT: '300' has no unit: write 300s or 5m"), "\(ending)")
            }
        }
    }

    @Test("a timeout for a whole run is at least one second")
    func shortest() async throws {
        try await Tool.inNewFolder { unstick in
            _ = try await unstick("sample")
            for arguments in [
                ["cleanup", "--timeout", "999ms"], ["stuck", "--timeout", "300ms"],
                ["serve", "--port", "0", "--timeout", "5ms"],
            ] {
                let ending = try await unstick.start(arguments).ending()
                #expect(ending.status == 2 && ending.errors.contains("must be from 1s to 3650d"), "\(ending)")
            }
            #expect(try await unstick("cleanup", "--dry-run", "--timeout", "1s").status == 0)
        }
    }
}
