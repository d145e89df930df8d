import BenchSupport

/// All measurements, as a table of ratios and as JSON.
struct BenchReport: Encodable {
    var jobs: Int
    var stuck: Int
    var users: Int
    var drains = Drains.ofAllSizes

    init(_ arguments: BenchArguments) {
        self.jobs = arguments.jobs
        self.stuck = arguments.stuck
        self.users = arguments.users
    }

    func printTable() {
        print("\(self.jobs) jobs, \(self.stuck) stuck, \(self.users) users; medians of all rounds, in turns\n")
        print("| | Unstick, jobs/s | floor, jobs/s | of the floor | by database CPU |")
        print("|---|---|---|---|---|")
        for drain in self.drains { print(drain.cells) }
        Aim.printList(
            self.drains.filter { $0.batchSize == 1000 }.map {
                Aim(text: "batch 1000: 0.75 of the floor", isMet: $0.ofFloor >= 0.75)
            }
        )
    }
}
