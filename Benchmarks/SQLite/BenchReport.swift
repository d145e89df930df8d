import BenchSupport
import Foundation

/// Everything that was measured, as a table of ratios and as JSON.
struct BenchReport: Encodable {
    struct Finding: Encodable {
        var name: String
        var smallJobs: Int
        var largeJobs: Int
        var smallMilliseconds: Double
        var largeMilliseconds: Double
    }

    struct Round: Encodable {
        var batchSize: Int
        var ours: [Measurement] = []
        var floor: [Measurement] = []
    }

    var jobs: Int
    var stuck: Int
    var users: Int
    var rounds: [Round] = []
    var oneByOne: [Measurement] = []
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

    mutating func add(ours measurement: Measurement, _ batchSize: Int) {
        self.rounds[self.round(batchSize)].ours.append(measurement)
    }

    mutating func add(floor measurement: Measurement, _ batchSize: Int) {
        self.rounds[self.round(batchSize)].floor.append(measurement)
    }

    private mutating func round(_ batchSize: Int) -> Int {
        if let index = self.rounds.firstIndex(where: { $0.batchSize == batchSize }) { return index }
        self.rounds.append(Round(batchSize: batchSize))
        return self.rounds.count - 1
    }

    func printTables() {
        print("\(self.jobs) jobs, \(self.stuck) stuck, \(self.users) users; medians of all rounds, in turns\n")
        if !self.rounds.isEmpty { self.printPasses() }
        if !self.finding.isEmpty { self.printFinding() }
        if let work { Workers.printTable(work) }
        self.beats?.printTable()
        if let rules { ManyRules.printTable(rules) }
        self.past?.printTable()
    }

    private func printPasses() {
        print("| | Unstick, jobs/s | floor, jobs/s | of the floor | by CPU | of one by one |")
        print("|---|---|---|---|---|---|")
        let single = median(self.oneByOne.map(\.jobsPerSecond))
        for round in self.rounds {
            let ours = median(round.ours.map(\.jobsPerSecond))
            let floor = median(round.floor.map(\.jobsPerSecond))
            let byTurn = median(zip(round.ours, round.floor).map { $0.jobsPerSecond / $1.jobsPerSecond })
            let byCPU = median(zip(round.ours, round.floor).map { $1.cpuMicrosecondsPerJob / $0.cpuMicrosecondsPerJob })
            print(
                "| batch \(round.batchSize) | \(whole(ours)) | \(whole(floor)) | \(fixed(byTurn))x | \(fixed(byCPU))x | "
                    + "\(fixed(ours / single))x |"
            )
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

    func write(to file: URL) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try encoder.encode(self).write(to: file)
        print("Written to \(file.path)")
    }
}
