extension Administration {
    /// The outcome of a decision about a hold.
    package enum HoldDecision: Hashable, Sendable {
        /// It was open, and is decided now.
        case decided(Hold)
        /// It was not open; the hold as it is.
        case refused(Hold)
        /// There is no such hold.
        case missing
    }

    /// Lets runs clean the jobs of a hold, for a day.
    package func approveHold(_ id: String) async throws -> HoldDecision {
        try await self.decide(id, .approveHold) {
            let (now, ruleMatches) = try await self.cleaner.ruleMatches()
            return try await self.store.approve(id, by: $0, asOf: now, ruleMatches)
        }
    }

    /// Ends a hold, so that its jobs are judged anew.
    package func clearHold(_ id: String) async throws -> HoldDecision {
        try await self.decide(id, .clearHold) { try await self.store.clear(id, by: $0) }
    }

    /// A hold that is not there leaves no audit entry.
    private func decide(
        _ id: String,
        _ action: AuditAction,
        _ body: (_ name: String) async throws -> Hold?
    ) async throws -> HoldDecision {
        try Limits.checkText(id, "hold id")
        guard let hold = try await self.store.hold(id) else { return .missing }
        return try await self.perform(action, id, detail: hold.reason, outcome: \.description) {
            let name = self.actor.description.cut(toBytes: Limits.idBytes)
            if let decided = try await body(name) { return .decided(decided) }
            return .refused(try await self.store.hold(id) ?? hold)
        }
    }
}

extension Administration.HoldDecision {
    /// Describes the outcome.
    fileprivate var description: String {
        switch self {
        case .decided: AuditEntry.done
        case .refused(let hold): "refused: the hold is \(hold.state.rawValue)"
        case .missing: "refused: there is no such hold"
        }
    }
}

extension Hold {
    /// Why a decision about it is refused.
    package var refusal: String {
        let by = self.decidedBy.map { " by \($0)" } ?? ""
        return "The hold is not open: it was \(self.state.rawValue.lowercased())\(by). Nothing was changed."
    }
}
