import Unstick

/// Something that takes a while to find out, kept for a moment: however many ask at once, it is found out once.
actor Recent<Value: Sendable> {
    /// How long it is kept: as long as live pages go without a look.
    private let lasts: Duration
    private let find: @Sendable () async throws -> Value
    private var known: (value: Value, at: ContinuousClock.Instant)?
    private var finding: Task<Value, any Error>?

    init(for lasts: Duration = LiveUpdates.pause, _ find: @escaping @Sendable () async throws -> Value) {
        self.lasts = lasts
        self.find = find
    }

    /// What was found out lately.
    func value() async throws -> Value {
        if let known, ContinuousClock.now - known.at < self.lasts { return known.value }
        return try await self.renewed()
    }

    /// Drops what is known, and what is being found out: it was changed just now.
    func forget() {
        self.known = nil
        self.finding = nil
    }

    /// What is found out now.
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
