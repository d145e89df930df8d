extension AlertState {
    /// How much older than the state a measurement may be to count as overtaken by another server.
    ///
    /// A measurement older than that was taken after the database's clock was set back.
    package static let overtaken = Duration.seconds(60)

    /// The shortest time between two updates of the text of a firing alert.
    package static let refreshInterval = Duration.seconds(60)

    /// The change that a further check makes to the state.
    ///
    /// Depends on its arguments only, so that all servers compute the same change. A wait must have passed on the
    /// clock: a clock that was set back restarts it.
    ///
    /// - Parameters:
    ///   - condition: the condition of this check; `nil` when it is unknown.
    ///   - now: the time of the check, by the database's clock.
    ///   - thresholds: how long the condition must hold.
    /// - Returns: the change to write; `nil` for none.
    package func next(
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
            // Also after an overtaken measurement: the condition was false in between, so the wait restarts.
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

    /// A wait restarts; an alert that fires continues to fire.
    private func begunAnew(at now: Timestamp) -> AlertChange {
        var state = self
        state.phase = self.phase == .ok || self.phase == .rising ? .ok : .firing
        state.since = now
        return AlertChange(state: state)
    }
}
