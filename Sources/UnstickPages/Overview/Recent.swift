import Unstick

/// A value that is slow to compute, kept for a moment: concurrent requests compute it once.
actor Recent<Value: Sendable> {
    /// How long it is kept: as long as live pages go without a check.
    private let lasts: Duration
    private let find: @Sendable () async throws -> Value
    private var known: (value: Value, at: ContinuousClock.Instant)?
    private var finding: Task<Value, any Error>?

    init(for lasts: Duration = LiveUpdates.pause, _ find: @escaping @Sendable () async throws -> Value) {
        self.lasts = lasts
        self.find = find
    }

    /// The current value, if it is recent enough.
    func value() async throws -> Value {
        if let known, ContinuousClock.now - known.at < self.lasts { return known.value }
        return try await self.renewed()
    }

    /// Drops the value and a computation in progress, because the data just changed.
    func forget() {
        self.known = nil
        self.finding = nil
    }

    /// A newly computed value.
    func renewed() async throws -> Value {
        if let finding { return try await finding.value }
        let finding = Task { try await self.find() }
        self.finding = finding
        let found = await finding.result
        if self.finding == finding {
            self.finding = nil
            self.known = try (found.get(), ContinuousClock.now)
        }
        return try found.get()
    }
}
