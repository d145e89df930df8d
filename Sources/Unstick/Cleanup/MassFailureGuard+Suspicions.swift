extension MassFailureGuard {
    /// Workers that fell silent within this time may have one cause.
    static let silence = Duration.seconds(120)

    /// The holds that these jobs need, because too many look stuck at once: of all, of a kind, of a worker, or of
    /// workers that fell silent together.
    package func suspicions(of groups: [JobsByWorker], in phase: StuckPhase = .processing) -> [NewHold] {
        let (jobs, stuck) = (groups.reduce(0) { $0 + $1.jobs }, groups.reduce(0) { $0 + $1.stuck })
        guard stuck >= self.minimum else { return [] }
        if self.isImplausible(stuck, of: jobs) {
            return [NewHold(.all, reason: phase.reason("\(stuck) of \(jobs) \(phase.jobs)"))]
        }
        let kinds = Dictionary(grouping: groups, by: \.kind.exact).sorted { $0.key < $1.key }.filter {
            self.isImplausible($1.reduce(0) { $0 + $1.stuck }, of: $1.reduce(0) { $0 + $1.jobs })
        }
        let held = Set(kinds.map(\.key))
        let ofKinds = kinds.map { kind, groups in
            let (jobs, stuck) = (groups.reduce(0) { $0 + $1.jobs }, groups.reduce(0) { $0 + $1.stuck })
            return NewHold(
                .kind(kind.text),
                reason: phase.reason("\(stuck) of \(jobs) \(phase.jobs) of the kind '\(kind.text)'")
            )
        }
        let workers = RunningWorker.list(groups.filter { !held.contains($0.kind.exact) })
        return ofKinds + self.suspicions(of: workers)
    }

    private func suspicions(of workers: [RunningWorker]) -> [NewHold] {
        // One that has started a job since then is alive, so its jobs are not stuck because it sleeps.
        let suspects = workers.filter { !$0.hasStartedSince }
        let alone = suspects.filter { self.isImplausible($0.stuck, of: $0.jobs) }
        let ofWorkers = alone.map { worker in
            NewHold(
                .workers([worker.name]),
                reason: StuckPhase.processing.reason(
                    "\(worker.stuck) of \(worker.jobs) running jobs of the worker '\(worker.name)'"
                )
            )
        }
        let held = Set(alone.map(\.name.exact))
        let silent = suspects.filter { $0.stuck == $0.jobs && !held.contains($0.name.exact) }
        return ofWorkers + self.silentTogether(silent)
    }

    /// The groups of workers whose last heartbeats and starts are within ``silence``.
    private func silentTogether(_ silent: [RunningWorker]) -> [NewHold] {
        var holds: [NewHold] = []
        var rest = silent.sorted { ($0.signAt, $0.name.exact) < ($1.signAt, $1.name.exact) }[...]
        while let first = rest.first {
            let together = rest.prefix { $0.signAt - first.signAt <= Self.silence }
            let stuck = together.reduce(0) { $0 + $1.stuck }
            guard stuck >= self.minimum, together.count > 1 else {
                rest = rest.dropFirst()
                continue
            }
            rest = rest.dropFirst(together.count)
            let reason = "The \(stuck) running jobs of \(together.count) workers that fell silent within two minutes"
            holds.append(NewHold(.workers(together.map(\.name)), reason: StuckPhase.processing.reason(reason)))
        }
        return holds
    }

    private func isImplausible(_ stuck: Int, of jobs: Int) -> Bool {
        stuck >= self.minimum && Double(stuck) > self.share * Double(jobs)
    }
}

extension StuckPhase {
    fileprivate var jobs: String {
        switch self {
        case .processing: "running jobs"
        case .pending: "waiting jobs"
        }
    }

    /// - Parameter jobs: how many of which jobs.
    fileprivate func reason(_ jobs: String) -> String {
        let causes =
            switch self {
            case .processing: "a paused fleet, a restored backup or a wrong clock, not dead workers"
            case .pending: "that no worker runs, a restored backup or a wrong clock, not lost jobs"
            }
        return "\(jobs) look stuck at once. This usually means \(causes)."
    }
}

/// The running jobs of one worker.
private struct RunningWorker {
    let name: String
    var jobs = 0
    var stuck = 0
    var startedAt: Timestamp
    var signAt: Timestamp
    var passedAt: Timestamp?

    var hasStartedSince: Bool { self.passedAt.map { self.startedAt > $0 } ?? true }

    static func list(_ groups: [JobsByWorker]) -> [RunningWorker] {
        var workers: [ExactText: RunningWorker] = [:]
        for group in groups {
            guard let name = group.worker else { continue }
            var worker =
                workers[name.exact] ?? RunningWorker(name: name, startedAt: group.startedAt, signAt: group.signAt)
            worker.jobs += group.jobs
            worker.stuck += group.stuck
            worker.startedAt = max(worker.startedAt, group.startedAt)
            worker.signAt = max(worker.signAt, group.signAt)
            worker.passedAt = [worker.passedAt, group.passedAt].compactMap { $0 }.max()
            workers[name.exact] = worker
        }
        return workers.values.filter { $0.stuck > 0 }.sorted { $0.name.exact < $1.name.exact }
    }
}
