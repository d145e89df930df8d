import BenchSupport

/// The cost of the runs, beside the others.
struct RunReport: Encodable {
    /// One run at one batch size, with the contestants beside it.
    struct Round: Encodable {
        var ours: Cost
        var floor: Cost
        var seed: Cost
    }

    struct Size: Encodable {
        var batchSize: Int
        var rounds: [Round] = []

        var ofFloor: Double { median(self.rounds.map { $0.ours.jobsPerSecond / $0.floor.jobsPerSecond }) }
        var ofSeed: Double { median(self.rounds.map { $0.ours.jobsPerSecond / $0.seed.jobsPerSecond }) }
        var ofFloorByCPU: Double {
            median(self.rounds.map { $0.floor.databaseMicrosecondsPerJob / $0.ours.databaseMicrosecondsPerJob })
        }
        /// The process's own processor time, as a share of the database's.
        var ownShare: Double { median(self.rounds.map { $0.ours.ownCPUSeconds / $0.ours.databaseCPUSeconds }) }
    }

    /// How often the process waits for the database.
    struct Trips: Encodable {
        var batch: Int
        var idleTick: Int
    }

    var sizes: [Size] = []
    var procrastinate: [Cost] = []
    var trips: Trips

    init(trips: Trips) {
        self.trips = trips
    }

    mutating func add(_ round: Round, batchSize: Int) {
        if !self.sizes.contains(where: { $0.batchSize == batchSize }) { self.sizes.append(Size(batchSize: batchSize)) }
        for index in self.sizes.indices where self.sizes[index].batchSize == batchSize {
            self.sizes[index].rounds.append(round)
        }
    }

    func printTable() {
        print("Medians of \(self.sizes.first?.rounds.count ?? 0) rounds. CPU in microseconds a job.\n")
        print(
            "| batch | Unstick, jobs/s | floor | of the floor | by database CPU | seed's design | of the seed | "
                + "database CPU | floor's | own CPU | own of database's |"
        )
        print("|---|---|---|---|---|---|---|---|---|---|---|")
        for size in self.sizes {
            func middle(_ value: (Round) -> Double) -> String { whole(median(size.rounds.map(value))) }
            let cells = [
                "\(size.batchSize)", middle(\.ours.jobsPerSecond), middle(\.floor.jobsPerSecond),
                fixed(size.ofFloor) + "x", fixed(size.ofFloorByCPU) + "x", middle(\.seed.jobsPerSecond),
                fixed(size.ofSeed, 1) + "x", middle(\.ours.databaseMicrosecondsPerJob),
                middle(\.floor.databaseMicrosecondsPerJob), middle(\.ours.ownMicrosecondsPerJob), fixed(size.ownShare),
            ]
            print("| " + cells.joined(separator: " | ") + " |")
        }
        let peer = median(self.procrastinate.map(\.jobsPerSecond))
        print("\nProcrastinate's loop: \(whole(peer)) jobs/s, only put back into the queue")
        print("Round trips, on the wire: \(self.trips.batch) a batch, \(self.trips.idleTick) on an idle tick")
        Aim.printList(self.aims(peer: peer))
    }

    private func aims(peer: Double) -> [Aim] {
        var aims = [
            Aim(text: "at most 4 round trips a batch", isMet: self.trips.batch <= 4),
            Aim(text: "at most 2 round trips on an idle tick", isMet: self.trips.idleTick <= 2),
        ]
        for size in self.sizes {
            let name = "batch \(size.batchSize): "
            switch size.batchSize {
            case 100: aims.append(Aim(text: name + "0.80 of the floor", isMet: size.ofFloor >= 0.80))
            case 1000:
                aims.append(Aim(text: name + "0.85 of the floor", isMet: size.ofFloor >= 0.85))
                aims.append(Aim(text: name + "10 times the seed's design", isMet: size.ofSeed >= 10))
                guard !self.procrastinate.isEmpty else { break }
                let ratio = median(size.rounds.map(\.ours.jobsPerSecond)) / peer
                aims.append(Aim(text: name + "25 times Procrastinate's loop (\(fixed(ratio, 1)))", isMet: ratio >= 25))
            default: break
            }
            aims.append(Aim(text: name + "own CPU a quarter of the database's", isMet: size.ownShare <= 0.25))
        }
        return aims
    }
}
