import Foundation
import Testing
import Unstick

/// The place of the request log of a production service and the log of a grid cluster, beside the project.
private enum Traces {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../shared/data")
        .standardized

    static let areThere = FileManager.default.fileExists(atPath: folder.appending(path: "gentd26_jobs.csv.gz").path)
}

/// The traces are not part of the project; without them these tests are skipped.
@Suite("Real traces", .enabled(if: Traces.areThere, "the traces are not beside the project"))
struct RealDataTests {
    @Test("an image service's log: exactly its 3 PROCESSING jobs are stuck, refunded once")
    func imageService() async throws {
        try await Tool.inNewFolder { unstick in
            let file = Traces.folder.appending(path: "gentd26_jobs.csv.gz").path
            let imported = try await unstick("import", file, "--json")
            #expect(imported.json["imported"] as? Int == 26_823 && imported.json["users"] as? Int == 4247)
            let stuck = try await unstick("stuck", "--json").json
            let ids = (stuck["jobs"] as? [[String: Any]] ?? []).compactMap { $0["id"] as? String }
            #expect(ids == ["gen-22917", "gen-26822", "gen-26823"])
            let cleanup = try await unstick("cleanup", "--json").json
            #expect(cleanup["cleanedUp"] as? Int == 3 && cleanup["tokensRefunded"] as? Int == 16)
            #expect((cleanup["jobs"] as? [[String: Any]])?.compactMap { $0["id"] as? String } == ids)
            #expect(try await unstick("cleanup", "--json").json["totalFound"] as? Int == 0)
            #expect(try await unstick("reconcile").status == 0)
            #expect(try await unstick("import", file, "--json").json["alreadyThere"] as? Int == 26_823)
            #expect(try await unstick("reconcile").status == 0)
        }
    }

    @Test("a grid cluster's log is imported whole")
    func gridCluster() async throws {
        try await Tool.inNewFolder { unstick in
            let file = Traces.folder.appending(path: "lpc_jobs.csv.gz").path
            let imported = try await unstick("import", file, "--json")
            #expect(imported.json["imported"] as? Int == 220_695)
            #expect(try await unstick("reconcile").status == 0)
        }
    }

    /// The halves of the traces, by creation time of the jobs; docs/judging-stuck.md has the table.
    @Test(
        "limits from the first half lose at most one good job in 10,000 of the second",
        arguments: [
            Halves(trace: "gentd26", second: "2024-11-29T00:38:41Z", good: 13_221),
            Halves(trace: "lpc", second: "2005-01-19T14:20:43Z", good: 103_584),
        ]
    )
    func learned(_ halves: Halves) async throws {
        try await Tool.inNewFolder { unstick in
            _ = try await unstick("import", Traces.folder.appending(path: "\(halves.trace)_jobs.csv.gz").path)
            let json = try await unstick("backtest", "--train-until", halves.second, "--run-every", "1m", "--json").json
            let policies = try #require(json["policies"] as? [[String: Any]])
            func number(_ name: String, _ key: String) throws -> Double {
                let policy = try #require(policies.first { $0["name"] as? String == name })
                return try #require(policy[key] as? NSNumber).doubleValue
            }
            #expect(try number("learned", "good") == Double(halves.good))
            #expect(try number("learned", "killedShare") <= 0.0001)
            #expect(try number("learned", "pastLimit") <= number("learned", "good") * 0.0001)
            #expect(try number("learned", "ifHungMeanMs") < number("one learned limit", "ifHungMeanMs"))
        }
    }

    /// A trace, and where it is split.
    struct Halves: Sendable, CustomTestStringConvertible {
        let trace: String
        let second: String
        let good: Int

        var testDescription: String { self.trace }
    }
}
