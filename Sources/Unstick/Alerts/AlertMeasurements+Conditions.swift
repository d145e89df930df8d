extension AlertMeasurements {
    /// The condition of every alert that these measurements decide; an alert without its measurement is left out.
    package func conditions(_ thresholds: AlertThresholds) -> [AlertName: AlertCondition] {
        var conditions: [AlertName: AlertCondition] = [:]
        for name in AlertName.allCases { conditions[name] = self.condition(name, thresholds) }
        return conditions
    }

    private func condition(_ name: AlertName, _ thresholds: AlertThresholds) -> AlertCondition? {
        switch name {
        case .stuckJobs: self.orOff(thresholds.stuckJobs, self.manyStuck)
        case .frequentFailures:
            self.orOff(thresholds.frequentFailures) { self.failures(above: $0, within: thresholds.failureWindow) }
        case .largeRefunds:
            self.orOff(thresholds.largeRefunds) { self.refunds(above: $0, within: thresholds.refundWindow) }
        case .cleanupNotRunning: self.orOff(thresholds.missedIntervals, self.notRunning)
        case .cleanupHeld: self.held
        case .cleanupFailed: self.failed
        case .jobsNotCleaned: self.notCleaned
        case .lateCompletions: self.late
        case .oldestStuck: self.orOff(thresholds.oldestStuck, self.oldStuck)
        case .webhookFailing: self.orOff(thresholds.webhookFailing, self.webhookFailing)
        case .ledgerMismatch: self.ledger
        }
    }

    private func orOff<Limit>(_ limit: Limit?, _ condition: (Limit) -> AlertCondition?) -> AlertCondition? {
        limit.map(condition) ?? .off
    }

    // MARK: Jobs

    /// A pause explains why jobs stay stuck.
    private var pauseAdvice: String {
        self.isPaused ? " Cleaning is paused; 'unstick resume' ends the pause." : ""
    }

    private func manyStuck(limit: Int) -> AlertCondition? {
        self.stuckJobs.map { jobs in
            AlertCondition(
                jobs,
                above: limit,
                "\(jobs.of("job")) \(jobs == 1 ? "is" : "are") stuck",
                advice: "'unstick stuck' lists them.\(self.pauseAdvice)"
            )
        }
    }

    private func oldStuck(limit: Duration) -> AlertCondition? {
        guard let since = self.oldestStuckSince else {
            return self.stuckJobs == 0
                ? AlertCondition(isTrue: false, value: 0, threshold: limit.inSeconds, summary: "No job is stuck.")
                : nil
        }
        let age = self.age(since)
        return AlertCondition(
            age,
            above: limit,
            "The oldest stuck job has been running or waiting for \(age.text)",
            advice: "'unstick stuck' shows it, 'unstick runs' shows whether runs try it and fail.\(self.pauseAdvice)"
        )
    }

    private func failures(above limit: Int, within window: Duration) -> AlertCondition? {
        self.jobsFailed.map { jobs in
            AlertCondition(
                jobs,
                above: limit,
                "\(jobs.of("stuck job")) \(jobs == 1 ? "was" : "were") failed or retried within \(window.text)",
                advice: "'unstick runs' shows the runs. "
                    + "If the jobs were alive, stop cleaning with 'unstick pause' and raise the policy's limits."
            )
        }
    }

    private var late: AlertCondition? {
        self.lateCompletions.map { kinds in
            let jobs = kinds.values.reduce(0, +)
            let window = Self.lateWindow.text
            var names = kinds.keys.sorted().prefix(Self.namedKinds).map { "'\($0)'" }
            if kinds.count > names.count { names.append("\(kinds.count - names.count) more") }
            return AlertCondition(
                isTrue: jobs > 0,
                value: Double(jobs),
                threshold: 0,
                summary: jobs > 0
                    ? "Workers completed \(jobs.of("job")) within \(window) after a run had timed them out. The limit is too "
                        + "short for \(names.joined(separator: ", ")). 'unstick suggest' computes longer limits from them."
                    : "No job was completed within \(window) after a run had timed it out."
            )
        }
    }

    /// A summary names at most this many kinds.
    private static let namedKinds = 3

    // MARK: Tokens

    private func refunds(above limit: Int, within window: Duration) -> AlertCondition? {
        self.tokensRefunded.map { tokens in
            AlertCondition(
                tokens,
                above: limit,
                "\(tokens.of("token")) \(tokens == 1 ? "was" : "were") refunded within \(window.text)",
                advice: "'unstick runs' shows the runs that refunded, and 'unstick pause' stops them while you look. "
                    + "The Users view shows refunds by operators and workers."
            )
        }
    }

    private var ledger: AlertCondition? {
        self.ledgerMismatches.map { mismatches in
            AlertCondition(
                isTrue: mismatches > 0,
                value: Double(mismatches),
                threshold: 0,
                summary: mismatches > 0
                    ? "The last check of the ledger found \(mismatches.of("mismatch", "mismatches")). "
                        + "'unstick reconcile' lists them."
                    : "The last check of the ledger found no mismatch."
            )
        }
    }

    // MARK: Runs

    /// During a pause no run can succeed, so a missing success is no fault.
    private func notRunning(limit: Int) -> AlertCondition? {
        guard let runs = self.runs else { return nil }
        let longest = runs.interval * limit
        // A run in the future was written while the clock was wrong, so it does not count.
        let success = runs.lastSuccessAt.flatMap { $0 - self.now > CleanupHealth.tolerance ? nil : $0 }
        let lastSuccess = success ?? runs.watchedSince
        let age = self.age(max(lastSuccess, runs.watchedSince))
        let isTrue = age > longest
        guard !isTrue || !self.isPaused else { return nil }
        let allowed = "\(limit.of("interval")) of \(runs.interval.text)"
        let fact =
            success == nil
            ? "No cleanup run has ever succeeded; one is expected within \(allowed)."
            : "No cleanup run has succeeded for \(self.age(lastSuccess).text), longer than \(allowed)."
        return AlertCondition(
            isTrue: isTrue,
            value: age.inSeconds,
            threshold: longest.inSeconds,
            summary: isTrue
                ? "\(fact) 'unstick status' shows when the next run is due, 'unstick runs' how the last runs ended."
                : "Cleanup is not overdue; a run is expected within \(allowed)."
        )
    }

    private var held: AlertCondition? {
        self.isHeld.map { isHeld in
            let reason = self.heldReason ?? "The last cleanup run was held."
            return AlertCondition(
                isTrue: isHeld,
                value: isHeld ? 1 : 0,
                threshold: 0,
                summary: isHeld
                    ? reason : "No hold is open, and the last cleanup run was not held."
            )
        }
    }

    private var failed: AlertCondition? {
        self.isFailed.map { isFailed in
            AlertCondition(
                isTrue: isFailed,
                value: isFailed ? 1 : 0,
                threshold: 0,
                summary: isFailed
                    ? "The last cleanup run failed. \(self.failedReason ?? "It was interrupted.") "
                        + "The jobs that it cleaned stay cleaned; the next run continues."
                    : "The last cleanup run did not fail."
            )
        }
    }

    private var notCleaned: AlertCondition? {
        self.jobsNotCleaned.map { jobs in
            AlertCondition(
                isTrue: jobs > 0,
                value: Double(jobs),
                threshold: 0,
                summary: jobs > 0
                    ? "The last run could not clean \(jobs.of("job")). 'unstick runs' shows the reason for each. The jobs are "
                        + "unchanged, and each run tries them again."
                    : "The last run cleaned every job that it found."
            )
        }
    }

    // MARK: Webhooks

    private func webhookFailing(limit: Duration) -> AlertCondition? {
        guard let endpoints = self.failingEndpoints else { return nil }
        let failing = endpoints.filter { self.age($0.since) > limit }
            .sorted { ($0.since, $0.name) < ($1.since, $1.name) }
        let longest = endpoints.map { self.age($0.since) }.max() ?? .zero
        var names = failing.prefix(Self.namedEndpoints).map(\.shownName)
        if failing.count > names.count { names.append("\(failing.count - names.count) more") }
        return AlertCondition(
            isTrue: !failing.isEmpty,
            value: longest.inSeconds,
            threshold: limit.inSeconds,
            summary: failing.isEmpty
                ? "No webhook has been failing for longer than \(limit.text)."
                : "\(failing.count.of("webhook")) \(failing.count == 1 ? "has" : "have") been failing for up to "
                    + "\(longest.text), longer than \(limit.text): \(names.joined(separator: ", ")). "
                    + "Check that the receiver is up and answers with a status of 200 to 299."
        )
    }

    /// A summary lists at most this many hosts.
    private static let namedEndpoints = 3

    private func age(_ since: Timestamp) -> Duration {
        max(.zero, self.now - since)
    }
}

extension AlertMeasurements.FailingEndpoint {
    /// A name that is no host or id is not shown, because it may be a whole URL.
    fileprivate var shownName: String {
        let isPlain = self.name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "-._:[]".utf8.contains(byte)
            }
        }
        return isPlain && 1...253 ~= self.name.utf8.count ? self.name : "an unnamed webhook"
    }
}

extension AlertCondition {
    fileprivate init(_ count: Int, above limit: Int, _ fact: String, advice: String) {
        self.init(
            isTrue: count > limit,
            value: Double(count),
            threshold: Double(limit),
            summary: count > limit
                ? "\(fact), more than \(limit.grouped). \(advice)"
                : "\(fact); the limit is \(limit.grouped)."
        )
    }

    fileprivate init(_ age: Duration, above limit: Duration, _ fact: String, advice: String) {
        self.init(
            isTrue: age > limit,
            value: age.inSeconds,
            threshold: limit.inSeconds,
            summary: age > limit
                ? "\(fact), longer than \(limit.text). \(advice)"
                : "\(fact); the limit is \(limit.text)."
        )
    }
}

extension Duration {
    fileprivate var inSeconds: Double { Double(self.inMilliseconds) / 1000 }
}
