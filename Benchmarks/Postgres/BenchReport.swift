import BenchSupport

/// All measurements, as tables of ratios and as JSON.
struct BenchReport: Encodable {
    var jobs: Int
    var stuck: Int
    var users: Int
    var runs: RunReport?
    var find: FindReport?
    var memory: MemoryReport?
    var work: [Duel]?
    var beats: Beats.Report?
    var rules: Duel?
    var past: PastReport?
    var foreground: [ForegroundReport]?

    init(arguments: BenchArguments) {
        self.jobs = arguments.jobs
        self.stuck = arguments.stuck
        self.users = arguments.users
    }

    func printTables() {
        print("\(self.jobs) jobs, \(self.stuck) stuck, \(self.users) users; all by turns in one run\n")
        self.runs?.printTable()
        self.find?.printTable()
        self.memory?.printTable()
        if let work { Workers.printTable(work) }
        self.beats?.printTable()
        if let rules { ManyRules.printTable(rules) }
        self.past?.printTable()
        if let foreground { ForegroundReport.printTable(foreground) }
    }
}
