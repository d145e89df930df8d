extension Administration {
    /// One run.
    ///
    /// A dry run changes nothing, leaves no audit entry, and does not notify the observer.
    ///
    /// - Parameters:
    ///   - options: the options of the run.
    ///   - progress: called after each batch.
    /// - Throws: what ``Cleaner/cleanupStuckJobs(_:trigger:progress:)`` throws.
    package func cleanUp(
        _ options: CleanupOptions,
        progress: (CleanupProgress) async throws -> Void = { _ in }
    ) async throws -> CleanupResult {
        let trigger: RunTrigger = self.actor.channel == .cli ? .cli : .admin(self.actor.name)
        guard !options.dryRun else {
            return try await self.cleaner.cleanupStuckJobs(options, trigger: trigger, progress: progress)
        }
        return try await CleanupResult.observed(by: self.observer) {
            try await self.perform(.cleanUp, detail: options.description, outcome: \.outcome) {
                try await self.cleaner.cleanupStuckJobs(options, trigger: trigger, progress: progress)
            }
        }
    }

    /// Pauses cleaning on every server.
    ///
    /// - Throws: ``UnstickError`` `invalidArgument` unless the time is 1 s to ``Pause/longest``.
    package func pause(for duration: Duration) async throws -> Pause {
        try await self.perform(.pause, detail: "for \(duration.text)") {
            try await self.store.pause(for: duration, by: self.actor.description.cut(toBytes: Limits.idBytes))
        }
    }

    /// Ends a pause.
    ///
    /// - Returns: whether cleaning was paused.
    package func resume() async throws -> Bool {
        try await self.perform(.resume) { try await self.store.resume() }
    }
}

extension CleanupOptions {
    /// Describes the options.
    fileprivate var description: String {
        [
            self.timeout.map { "timeout \($0.text)" }, self.batchSize.map { "batch of \($0)" },
            self.kinds.isEmpty ? nil : "only \(self.kinds.joined(separator: ", "))",
            self.drain ? "until nothing is stuck" : nil, self.force ? "forced" : nil,
        ].compactMap { $0 }.joined(separator: ", ")
    }
}

extension CleanupResult {
    /// Describes the outcome, with the id of the run.
    fileprivate var outcome: String { "\(self.message) (run \(self.runID))" }
}
