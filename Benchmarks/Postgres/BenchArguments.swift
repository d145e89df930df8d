import BenchSupport
import Foundation

/// The size of the bench, and its selected parts.
struct BenchArguments: BenchOptions {
    enum Part: String, CaseIterable {
        case runs
        case find
        case memory
        case work
        case beats
        case rules
        case past
        case foreground
    }

    var parts: [Part] = []
    var jobs = 1_000_000
    var stuck = 100_000
    var users = 50_000
    var rounds = 3
    var findRows = 10_000_000
    /// How many jobs wait for the workers of either side.
    var workJobs = 30_000
    /// How many heartbeats are sent one by one in a round.
    var beats = 3000
    /// How many stuck jobs a run with rules takes.
    var ruleJobs = 20_000
    /// The number of jobs for learning limits; ten times as many as the other jobs by default.
    var pastJobs: Int?
    /// A Python with the peers; without one they are left out.
    var peers: URL?
    var output = URL(filePath: ".build/bench-postgres.json")
    /// The hidden subcommand: drain this database, and report the memory that it used.
    var drainURL: String?
    /// Another: learn limits from this database, and report the cost.
    var learnURL: String?

    init(_ arguments: some Sequence<String>) throws {
        var iterator = arguments.makeIterator()
        while let name = iterator.next() {
            if let part = Part(rawValue: name) {
                self.parts.append(part)
            } else if name == "all" {
                self.parts = Part.allCases
            } else {
                try self.set(name, to: iterator.next())
            }
        }
        if self.parts.isEmpty { self.parts = Part.allCases }
        self.users = min(self.users, self.jobs)
        self.stuck = min(self.stuck, self.jobs)
        // A short bench is short in all its parts.
        self.workJobs = min(self.workJobs, self.jobs)
        self.beats = min(self.beats, self.jobs)
        self.ruleJobs = min(self.ruleJobs, self.jobs)
    }

    private mutating func set(_ name: String, to value: String?) throws {
        guard let value else { throw UnknownArgument(name) }
        if self.setShared(name, to: value) { return }
        switch (name, Int(value)) {
        case ("--find-rows", let number?): self.findRows = number
        case ("--work-jobs", let number?): self.workJobs = number
        case ("--beats", let number?): self.beats = number
        case ("--rule-jobs", let number?): self.ruleJobs = number
        case ("--past-jobs", let number?): self.pastJobs = number
        case ("--peers", _): self.peers = URL(filePath: value)
        case ("drain", _): self.drainURL = value
        case ("learn", _): self.learnURL = value
        default: throw UnknownArgument(name)
        }
    }
}
