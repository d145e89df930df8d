extension AlertState {
    /// How much older than the state a measurement may be and still be taken for one that another server overtook.
    ///
    /// One that is older yet was taken after the database's clock was set back.
    package static let overtaken = Duration.seconds(60)

    /// How often what a firing alert says is written anew, at most.
    package static let refreshInterval = Duration.seconds(60)

    /// What one more look makes of the state.
    ///
    /// Depends on nothing but what it is given, so that all servers come to the same. A time must really have been waited
    /// for: a clock that was set back begins the wait anew.
    ///
    /// - Parameters:
    ///   - condition: what was seen; `nil` when it is not known.
    ///   - now: when it was seen, by the database's clock.
    ///   - thresholds: how long it has to be seen.
    /// - Returns: what is to be written; `nil` when nothing is.
    public func next(
        _ condition: AlertCondition?,
        at now: Timestamp,
        _ thresholds: AlertThresholds
    ) -> AlertChange? {
        guard let condition else { return nil }
        let elapsed = now - self.since
        if elapsed < .zero - Self.overtaken { return self.begunAnew(at: now) }
        let firesAfter = thresholds.firesAfter(self.name)
        switch (self.phase, condition.isTrue) {
        case (.ok, false):
            return nil
        case (.ok, true):
            guard elapsed > .zero else { return nil }
            return firesAfter > .zero ? self.entering(.rising, condition, at: now) : self.firing(condition, at: now)
        case (.rising, true):
            return elapsed >= firesAfter ? self.firing(condition, at: now) : nil
        case (.rising, false):
            // Also when it was overtaken: that it was well in between is reason enough to wait anew.
            return self.entering(.ok, condition, at: now)
        case (.firing, true):
            guard elapsed >= Self.refreshInterval, !self.says(condition) else { return nil }
            return self.entering(.firing, condition, at: now)
        case (.firing, false):
            guard elapsed > .zero else { return nil }
            return thresholds.resolvesAfter(self.name) > .zero
                ? self.entering(.falling, condition, at: now) : self.resolved(condition, at: now)
        case (.falling, false):
            return elapsed >= thresholds.resolvesAfter(self.name) ? self.resolved(condition, at: now) : nil
        case (.falling, true):
            return self.entering(.firing, condition, at: now)
        }
    }

    private func says(_ condition: AlertCondition) -> Bool {
        self.value == condition.value && self.threshold == condition.threshold && self.summary == condition.summary
    }

    private func entering(_ phase: Phase, _ condition: AlertCondition, at now: Timestamp) -> AlertChange {
        AlertChange(
            state: AlertState(
                name: self.name,
                phase: phase,
                since: now,
                firingSince: phase == .firing || phase == .falling ? self.firingSince ?? self.since : nil,
                value: condition.value,
                threshold: condition.threshold,
                summary: condition.summary
            )
        )
    }

    private func firing(_ condition: AlertCondition, at now: Timestamp) -> AlertChange {
        var change = self.entering(.firing, condition, at: now)
        change.state.firingSince = now
        change.event = AlertEvent(change.state, since: now)
        return change
    }

    private func resolved(_ condition: AlertCondition, at now: Timestamp) -> AlertChange {
        var change = self.entering(.ok, condition, at: now)
        change.event = AlertEvent(change.state, since: self.firingSince ?? self.since, resolvedAt: now)
        return change
    }

    /// What was waited for is void; what was told still stands.
    private func begunAnew(at now: Timestamp) -> AlertChange {
        var state = self
        state.phase = self.phase == .ok || self.phase == .rising ? .ok : .firing
        state.since = now
        return AlertChange(state: state)
    }
}
