package import Unstick

/// A run with one rule, and with a hundred, over the same jobs.
package enum ManyRules {
    /// The number of kinds.
    package static let kinds = 100

    package static let one = Policy(rules: [Rule(name: "all", timeout: .seconds(300))])

    /// Each kind has its own timeout; all jobs of the bench are older than any of them.
    package static let hundred = Policy(
        rules: (0..<Self.kinds).map { number in
            let kind = "k\(number)"
            return Rule(name: kind, kinds: [Pattern(kind)], timeout: .seconds(300 + number))
        }
    )

    /// Cleans all of them in batches of a thousand.
    ///
    /// - Returns: the rate a second.
    package static func drain(_ store: any CleanupStore, by policy: Policy, stuck: Int) async throws -> Double {
        let cleaner = Cleaner(store: store, policy: PolicySource(policy), logger: quiet)
        return try await perSecond(stuck) {
            let result = try await cleaner.cleanupStuckJobs(CleanupOptions(batchSize: 1000, drain: true, force: true))
            guard result.cleanedUp == stuck else {
                throw BenchFailure(reason: "\(result.cleanedUp) cleaned of \(stuck)")
            }
        }
    }

    package static func printTable(_ duel: Duel) {
        Duel.printTable([duel], "a run", ours: "100 rules, jobs/s", other: "1 rule, jobs/s", ratio: "of 1 rule")
    }
}
