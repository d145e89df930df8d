import BenchSupport

/// The waits of others, during a drain and without one.
struct ForegroundReport: Encodable {
    /// Waits in milliseconds.
    struct Waits: Encodable {
        var worker: [Double] = []
        var spend: [Double] = []
    }

    private enum Key: String, CodingKey {
        case name, drained, alone, beside
    }

    var name: String
    var drained = Cost()
    private var alone = Waits()
    private var beside = Waits()

    init(name: String) {
        self.name = name
    }

    mutating func add(_ waits: ForegroundLoad.Waits, draining: Bool) {
        let path = draining ? \ForegroundReport.beside : \ForegroundReport.alone
        self[keyPath: path].worker += waits.worker
        self[keyPath: path].spend += waits.spend
    }

    private struct Summary: Encodable {
        let workerP50, workerP99, spendP50, spendP99: Double
        let transactions: Int

        init(_ waits: Waits) {
            self.workerP50 = median(waits.worker)
            self.workerP99 = percentile(0.99, of: waits.worker)
            self.spendP50 = median(waits.spend)
            self.spendP99 = percentile(0.99, of: waits.spend)
            self.transactions = waits.worker.count * 2 + waits.spend.count
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(self.name, forKey: .name)
        try container.encode(self.drained, forKey: .drained)
        try container.encode(Summary(self.alone), forKey: .alone)
        try container.encode(Summary(self.beside), forKey: .beside)
    }

    static func printTable(_ reports: [ForegroundReport]) {
        print("| beside a drain, ms | alone p50, p99 | draining p50, p99 | p99 ratio | drain, jobs/s |")
        print("|---|---|---|---|---|")
        var aims: [Aim] = []
        for report in reports {
            let (alone, beside) = (Summary(report.alone), Summary(report.beside))
            for (name, aloneP50, aloneP99, besideP50, besideP99) in [
                ("worker", alone.workerP50, alone.workerP99, beside.workerP50, beside.workerP99),
                ("spend", alone.spendP50, alone.spendP99, beside.spendP50, beside.spendP99),
            ] {
                let ratio = besideP99 / aloneP99
                print(
                    "| \(report.name): \(name) | \(fixed(aloneP50, 1)), \(fixed(aloneP99, 1)) | "
                        + "\(fixed(besideP50, 1)), \(fixed(besideP99, 1)) | \(fixed(ratio))x | "
                        + "\(whole(report.drained.jobsPerSecond)) |"
                )
                aims.append(Aim(text: "\(report.name): \(name) p99 at most doubled", isMet: ratio <= 2))
            }
        }
        Aim.printList(aims)
    }
}
