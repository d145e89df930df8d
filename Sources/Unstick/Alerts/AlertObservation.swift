/// Takes the measurements for the alerts, with queries whose cost does not depend on the size of the tables.
struct AlertObservation {
    private let store: any Store
    private let cleaner: Cleaner
    private let interval: Duration

    init(store: any Store, policy: PolicySource, interval: Duration) {
        self.store = store
        self.cleaner = Cleaner(store: store, policy: policy)
        self.interval = interval
    }

    func measurements(_ thresholds: AlertThresholds, watchedFor watched: Duration) async throws -> AlertMeasurements {
        let overview = try await self.cleaner.overview()
        let now = overview.now
        var measurements = AlertMeasurements(overview)
        measurements.jobsFailed = try await self.store.totals(since: now - thresholds.failureWindow).cleanedUp
        measurements.tokensRefunded = try await self.store.totals(since: now - thresholds.refundWindow).tokensRefunded
        measurements.runs = AlertMeasurements.Runs(
            lastSuccessAt: try await self.store.lastSuccess()?.startedAt,
            watchedSince: now - watched,
            interval: self.interval
        )
        // A run held by a pause checked no job, and one held by the guard cleaned none: what they do not know stays as it was.
        if let last = try await self.store.lastWholeRun(), !Pause.held(last) {
            measurements.isHeld = last.status == .held
            measurements.heldReason = last.error.map { "The last cleanup run was held. \($0)" }
            measurements.isFailed = last.status == .failed
            measurements.failedReason = last.error
            measurements.jobsNotCleaned = last.status == .held ? nil : last.failed
        }
        if let hold = overview.holds.first {
            measurements.isHeld = true
            measurements.heldReason = "\(hold.reason) \(Hold.advice)"
        } else if measurements.heldReason?.contains(Hold.advice) == true {
            // The holds of the last run are decided.
            measurements.isHeld = false
        }
        let since = now - AlertMeasurements.lateWindow
        let late = try await self.store.lateCompletions(since: since, limit: Limits.lateCompletions)
        measurements.lateCompletions = Dictionary(grouping: late.filter { $0.completedAt >= since }, by: \.kind)
            .mapValues { Set($0.map(\.jobID.exact)).count }
        measurements.failingEndpoints = try await self.store.webhooks().compactMap { webhook in
            webhook.failingSince.map { AlertMeasurements.FailingEndpoint(name: webhook.endpoint.id, since: $0) }
        }
        return measurements
    }
}
