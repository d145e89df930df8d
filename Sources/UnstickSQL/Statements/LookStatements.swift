package import Unstick

/// Read-only statements over any jobs table.
package struct LookStatements: Sendable {
    private let map: ResolvedTables

    package init(map: ResolvedTables) {
        self.map = map
    }

    /// The search for the stuck jobs.
    package func search(_ shape: StuckSearch.Shape) -> StuckSearch { StuckSearch(map: map, shape: shape) }

    /// The jobs that are old enough to be stuck in these phases, by phase, kind and tier.
    package func candidates(_ phases: [StuckPhase]) -> String {
        phases.map { phase in
            StuckSearch(map: map, shape: StuckSearch.Shape(RuleMatches(phase: phase, groups: [])))
                .candidates(cutoff: phase.rawValue.lowercased())
        }
        .joined(separator: "\nUNION ALL\n")
    }

    /// The jobs whose age is unknown, in these phases; `nil` where it is always known.
    package func unreadable(_ phases: [StuckPhase]) -> String? {
        let parts = phases.compactMap {
            StuckSearch(map: map, shape: StuckSearch.Shape(RuleMatches(phase: $0, groups: []))).unreadable
        }
        return parts.isEmpty ? nil : parts.joined(separator: "\nUNION ALL\n") + "\nLIMIT :limit"
    }

    /// A run's search for running jobs, to check its plan.
    package var probe: String { self.search(StuckSearch.Shape(RuleMatches(phase: .processing, groups: []))).probe }

    package var runningJobs: String {
        "SELECT count(*) AS jobs FROM \(map.jobs.table) AS j WHERE \(map.jobs.isProcessing)"
    }
}
