import Unstick

/// The filter of the list of runs.
struct RunSelection {
    /// What started a run, without a name.
    enum Trigger: String, CaseIterable {
        case scheduler, due, cron, admin, cli, library

        fileprivate var label: String {
            switch self {
            case .scheduler: "Scheduler"
            case .due: "Limit reached"
            case .cron: "Cron call"
            case .admin: "Admin"
            case .cli: "Command line"
            case .library: "Library"
            }
        }
    }

    /// How a run ended; a dry run is a result of its own.
    enum Result: String, CaseIterable {
        case completed = "COMPLETED"
        case held = "HELD"
        case failed = "FAILED"
        case running = "RUNNING"
        case dryRun = "DRY_RUN"

        fileprivate var label: String {
            switch self {
            case .completed: "Completed"
            case .held: "Held"
            case .failed: "Failed"
            case .running: "Running"
            case .dryRun: "Dry run"
            }
        }
    }

    let trigger: Trigger?
    let result: Result?

    /// Reads it from the address.
    init(_ query: ViewQuery) throws {
        self.trigger = try query.word("trigger")
        self.result = try query.word("status")
    }

    var isEmpty: Bool { self.trigger == nil && self.result == nil }

    var filter: RunFilter {
        var filter = RunFilter(trigger: self.trigger?.rawValue)
        switch self.result {
        case nil: break
        case .completed: (filter.status, filter.dryRun) = (.completed, false)
        case .held: filter.status = .held
        case .failed: filter.status = .failed
        case .running: filter.status = .running
        case .dryRun: filter.dryRun = true
        }
        return filter
    }

    func link(_ path: String) -> Link {
        Link(path, [("trigger", self.trigger?.rawValue), ("status", self.result?.rawValue)])
    }

    var triggerOptions: [Choice] {
        Choice.list(
            Trigger.allCases.map { ($0.rawValue, $0.label) },
            selected: self.trigger?.rawValue,
            all: "All triggers"
        )
    }

    var statusOptions: [Choice] {
        Choice.list(
            Result.allCases.map { ($0.rawValue, $0.label) },
            selected: self.result?.rawValue,
            all: "All results"
        )
    }
}
