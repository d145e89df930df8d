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
            measurements.heldReason = last.error
            measurements.isFailed = last.status == .failed
            measurements.failedReason = last.error
            measurements.jobsNotCleaned = last.status == .held ? nil : last.failed
        }
        measurements.lateCompletions = try await self.store.lateCompletions(
            since: now - AlertMeasurements.lateWindow,
            limit: Limits.lateCompletions
        ).reduce(into: [:]) { $0[$1.kind, default: 0] += 1 }
        measurements.failingEndpoints = try await self.store.webhooks().compactMap { webhook in
            webhook.failingSince.map { AlertMeasurements.FailingEndpoint(name: webhook.endpoint.id, since: $0) }
        }
        return measurements
    }
}
