public import Unstick

extension SQLStore {
    /// Opens a hold of the stuck jobs that it selects.
    public func openHold(_ hold: NewHold, asOf now: Timestamp, _ ruleMatches: RuleMatches) async throws -> Hold? {
        // A new mapping gets its id with its first stored row.
        _ = try await self.engine.makeKeyParameters()
        let search = StuckSearch(map: self.engine.map, shape: StuckSearch.Shape(ruleMatches.leavingHeld))
        let source = self.engine.source
        let parameters = self.range(now, ruleMatches, nil, 0).merging(hold.selection.arguments) { $1 }
        let trace = TraceParent.current?.text
        return try await self.engine.write(ifUnknown: .repeatIt) { transaction in
            try transaction.run(HoldStatements.lock)
            var opened = Hold(
                id: RandomID.timeOrdered(at: now),
                scope: .jobs,
                kind: nil,
                reason: hold.reason,
                jobs: 0,
                state: .open,
                openedAt: now
            )
            let found = SQLCall(
                search.hold(hold.selection),
                parameters.merging(["hold": .text(opened.id)]) { $1 }
            )
            _ = try transaction.run([found])
            opened.jobs = try transaction.run(HoldStatements.countJobs, ["id": .text(opened.id)]).only()
                .integer(required: "jobs")
            guard opened.jobs > 0 else { return nil }
            let event = NewEvent(HoldEvent(opened), id: opened.id)
            _ = try transaction.finish(
                [SQLCall(HoldStatements.insert, opened.arguments(source: source))]
                    + Self.emission(of: event, trace: trace)
            )
            return opened
        }
    }

    /// Holds a kind of which enough late completions prove that its limit is too short.
    static func holdIfTooMany(
        _ kinds: [String],
        source: SQLValue,
        at now: Timestamp,
        in transaction: any SQLTransaction
    ) throws -> [Hold] {
        guard !kinds.isEmpty else { return [] }
        try transaction.run(HoldStatements.lock)
        return try kinds.distinct.compactMap { kind in
            let parameters: SQLArguments = [
                "kind": .text(kind), "source": source, "now": .integer(now.milliseconds),
            ]
            let results = try transaction.run([
                SQLCall(HoldStatements.lateOfKind, parameters), SQLCall(HoldStatements.openOfKind, parameters),
            ])
            let late = try results[0].only().integer(required: "jobs")
            guard late >= HoldStatements.evidence, results[1].first == nil else { return nil }
            let window = AlertMeasurements.lateWindow.text
            let hold = Hold(
                id: RandomID.timeOrdered(at: now),
                scope: .kind,
                kind: kind,
                reason:
                    "Workers completed \(late.of("job")) of the kind '\(kind)' within \(window) after runs had timed them "
                    + "out. Its limit is too short.",
                jobs: 0,
                state: .open,
                openedAt: now
            )
            try transaction.run(HoldStatements.insert, hold.arguments(source: source))
            return hold
        }
    }

    /// Ends the holds of which no job is left.
    public func endHolds() async throws -> Bool {
        let source: SQLArguments = ["source": self.engine.source]
        let calls = [HoldStatements.endGone(self.engine.map), HoldStatements.forgetEnded].map { SQLCall($0, source) }
        return try await self.engine.change(calls) { $0[0].affected > 0 }
    }

    /// The mapping whose holds are meant, as stored now.
    private var source: SQLValue {
        get async throws { self.engine.map.isAttached ? try await self.engine.readKeyParameters()["origin"] ?? "" : "" }
    }

    /// The hold, or `nil`.
    public func hold(_ id: String) async throws -> Hold? {
        guard try await self.engine.hasOwnTables else { return nil }
        let parameters: SQLArguments = ["id": .text(id), "source": try await self.source]
        return try await self.query(HoldStatements.find, parameters) { try Hold(row: $0) }.first
    }

    /// Holds, newest first.
    public func holds(_ state: Hold.State?, limit: Int) async throws -> [Hold] {
        guard try await self.engine.hasOwnTables else { return [] }
        let parameters: SQLArguments = [
            "state": SQLValue(state?.rawValue), "limit": .integer(limit), "source": try await self.source,
        ]
        let sql = state == nil ? HoldStatements.list : HoldStatements.listInState
        return try await self.query(sql, parameters) { try Hold(row: $0) }
    }

    /// The attempts of a hold, oldest first.
    public func heldJobs(of id: String, limit: Int) async throws -> [HeldJob] {
        try await self.query(HoldStatements.jobs, ["id": .text(id), "limit": .integer(limit)]) { try HeldJob(row: $0) }
    }

    /// Lets runs clean the attempts of an open hold.
    public func approve(
        _ id: String,
        by name: String,
        asOf now: Timestamp,
        _ ruleMatches: [RuleMatches]
    ) async throws -> Hold? {
        try await self.decide(id, .approved, by: name) { hold in
            guard let kind = hold.kind else { return [SQLCall(HoldStatements.approveJobs, ["id": .text(id)])] }
            let selection = NewHold.Selection.kind(kind)
            return ruleMatches.map { ruleMatches in
                let search = StuckSearch(map: self.engine.map, shape: StuckSearch.Shape(ruleMatches.leavingHeld))
                return SQLCall(
                    search.hold(selection, isApproved: true),
                    self.range(now, ruleMatches, nil, 0).merging(selection.arguments) { $1 }
                        .merging(["hold": .text(id)]) { $1 }
                )
            }
        }
    }

    /// Ends an open hold, so that its jobs are judged anew.
    public func clear(_ id: String, by name: String) async throws -> Hold? {
        try await self.decide(id, .cleared, by: name) { _ in [SQLCall(HoldStatements.forgetJobs, ["id": .text(id)])] }
    }

    private func decide(
        _ id: String,
        _ state: Hold.State,
        by name: String,
        _ calls: @escaping @Sendable (Hold) -> [SQLCall]
    ) async throws -> Hold? {
        let parameters: SQLArguments = [
            "id": .text(id), "state": .text(state.rawValue), "by": .text(name), "source": try await self.source,
        ]
        let decided = self.ifDecided(id, state, by: name)
        return try await self.engine.write(ifUnknown: decided) { transaction in
            let results = try transaction.run([
                SQLCall(HoldStatements.decide, parameters), SQLCall(HoldStatements.find, parameters),
            ])
            guard results[0].affected == 1 else { return nil }
            let hold = try Hold(row: results[1].only())
            _ = try transaction.finish(calls(hold))
            return hold
        }
    }

    /// Whether a decision was committed although its answer was lost.
    private func ifDecided(_ id: String, _ state: Hold.State, by name: String) -> Unknown<Hold?> {
        .readBack {
            guard let hold = try await self.hold(id), hold.state == state, hold.decidedBy == name else { return nil }
            return hold
        }
    }

    /// Records that an operator has seen the open holds.
    public func markHoldsSeen() async throws {
        guard try await self.engine.hasOwnTables else { return }
        try await self.execute(HoldStatements.see, ["source": try await self.source])
    }

    /// Records that a timer's call has failed because of the open holds.
    public func markHoldsReminded() async throws {
        try await self.execute(HoldStatements.remind, ["source": self.engine.source])
    }
}

extension RuleMatches {
    fileprivate var leavingHeld: RuleMatches {
        var leaving = self
        leaving.leavesHeld = true
        return leaving
    }
}

extension NewHold.Selection {
    fileprivate var arguments: SQLArguments {
        let names: [String] =
            switch self {
            case .all: []
            case .kind(let kind): [kind]
            case .workers(let workers): workers
            }
        return ["names": .text(names.asRows)]
    }
}

extension Hold {
    package init(row: some StoredRow) throws {
        self.init(
            id: try row.text(required: "id"),
            scope: try row.word("scope"),
            kind: row.text("kind"),
            reason: try row.text(required: "reason"),
            jobs: try row.integer(required: "jobs"),
            state: try row.word("state"),
            openedAt: try row.timestamp(required: "opened_at"),
            seenAt: row.timestamp("seen_at"),
            remindedAt: row.timestamp("reminded_at"),
            decidedAt: row.timestamp("decided_at"),
            decidedBy: row.text("decided_by")
        )
    }

    fileprivate func arguments(source: SQLValue) -> SQLArguments {
        [
            "id": .text(self.id), "scope": .text(self.scope.rawValue), "kind": SQLValue(self.kind), "source": source,
            "reason": .text(self.reason), "jobs": .integer(self.jobs), "now": .integer(self.openedAt.milliseconds),
        ]
    }
}

extension HeldJob {
    fileprivate init(row: some StoredRow) throws {
        self.init(
            jobID: try row.text(required: "job_id"),
            userID: try row.text(required: "user_id"),
            kind: try row.text(required: "kind"),
            tier: row.text("tier"),
            attempt: try row.integer(required: "attempt"),
            tokensCost: try row.integer(required: "cost"),
            worker: row.text("worker"),
            since: try row.timestamp(required: "since")
        )
    }
}
