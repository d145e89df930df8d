import BenchSupport

/// All measurements, as a table of ratios and as JSON.
struct BenchReport: Encodable {
    struct Finding: Encodable {
        var name: String
        var smallJobs: Int
        var largeJobs: Int
        var smallMilliseconds: Double
        var largeMilliseconds: Double
    }

    var jobs: Int
    var stuck: Int
    var users: Int
    var rounds: [Drains] = []
    var oneByOne: [DrainMeasurement] = []
    var finding: [Finding] = []
    var work: [Duel]?
    var beats: Beats.Report?
    var rules: Duel?
    var past: PastReport?

    init(arguments: BenchArguments) {
        self.jobs = arguments.jobs
        self.stuck = arguments.stuck
        self.users = arguments.users
    }

    func printTables() {
        print("\(self.jobs) jobs, \(self.stuck) stuck, \(self.users) users; medians of all rounds, in turns\n")
        if !self.rounds.isEmpty { self.printRuns() }
        if !self.finding.isEmpty { self.printFinding() }
        if let work { Workers.printTable(work) }
        self.beats?.printTable()
        if let rules { ManyRules.printTable(rules) }
        self.past?.printTable()
    }

    private func printRuns() {
        print("| | Unstick, jobs/s | floor, jobs/s | of the floor | by CPU | of one by one |")
        print("|---|---|---|---|---|---|")
        let single = median(self.oneByOne.map(\.jobsPerSecond))
        for round in self.rounds {
            let ours = median(round.ours.map(\.jobsPerSecond))
            print("\(round.cells) \(fixed(ours / single))x |")
        }
        print("| one by one, two transactions | \(whole(single)) | | | | 1x |\n")
    }

    private func printFinding() {
        print("| finding, in the database | \(self.finding.first?.smallJobs ?? 0) jobs | \(self.jobs) jobs | ratio |")
        print("|---|---|---|---|")
        for finding in self.finding {
            let (small, large) = (finding.smallMilliseconds, finding.largeMilliseconds)
            print("| \(finding.name) | \(fixed(small, 3)) ms | \(fixed(large, 3)) ms | \(fixed(large / small))x |")
        }
        print("")
    }
}
