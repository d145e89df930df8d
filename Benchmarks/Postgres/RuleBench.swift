import BenchSupport
import Unstick
import UnstickPostgres

/// A run with a hundred rules beside one with a single rule, over copies of one backlog.
struct RuleBench {
    private let arguments: BenchArguments
    private let databases: BenchDatabases

    init(_ arguments: BenchArguments, _ databases: BenchDatabases) {
        self.arguments = arguments
        self.databases = databases
    }

    func run() async throws -> Duel {
        let stuck = self.arguments.ruleJobs
        try await self.databases.make(
            "rules",
            .init(jobs: 10 * stuck, stuck: stuck, users: max(1, stuck / 2), kinds: ManyRules.kinds)
        )
        defer { try? self.databases.drop("rules") }
        say("Draining by rules …")
        func drain(by policy: Policy) async throws -> Double {
            try self.databases.copy("rules", to: "rules_copy")
            defer { try? self.databases.drop("rules_copy") }
            let store = try await PostgresStore(url: self.databases.url(of: "rules_copy"))
            defer { try? store.close() }
            return try await ManyRules.drain(store, by: policy, stuck: stuck)
        }
        return try await Duel("batches of 1000", rounds: self.arguments.rounds) { _ in
            try await drain(by: ManyRules.hundred)
        } other: { _ in
            try await drain(by: ManyRules.one)
        }
    }
}
