import Testing

@testable import Unstick

@Suite("Alert conditions")
struct AlertConditionTests {
    private static let hour = 3600

    /// One measurement, and its alert.
    struct Case: Sendable, CustomTestStringConvertible {
        let name: AlertName
        let measurements: AlertMeasurements
        let isTrue: Bool
        let value: Double
        let threshold: Double
        let summary: String

        init(
            _ name: AlertName,
            _ isTrue: Bool,
            _ value: Double,
            of threshold: Double,
            _ summary: String,
            _ change: (inout AlertMeasurements) -> Void
        ) {
            var measurements = AlertMeasurements(now: .test(0))
            change(&measurements)
            self.name = name
            self.measurements = measurements
            self.isTrue = isTrue
            self.value = value
            self.threshold = threshold
            self.summary = summary
        }

        var testDescription: String { self.summary }
    }

    private static func runs(_ success: Int?, watched: Int = -86_400) -> AlertMeasurements.Runs {
        AlertMeasurements.Runs(
            lastSuccessAt: success.map { .test($0) },
            watchedSince: .test(watched),
            interval: .seconds(900)
        )
    }

    static let cases = [
        Case(.stuckJobs, false, 10, of: 10, "10 jobs are stuck; the limit is 10.") { $0.stuckJobs = 10 },
        Case(.stuckJobs, true, 1234, of: 10, "1,234 jobs are stuck, more than 10. 'unstick stuck' lists them.") {
            $0.stuckJobs = 1234
        },
        Case(
            .stuckJobs,
            true,
            23,
            of: 10,
            "23 jobs are stuck, more than 10. 'unstick stuck' lists them. Cleaning is paused; 'unstick resume' ends the "
                + "pause."
        ) {
            $0.stuckJobs = 23
            $0.isPaused = true
        },
        Case(.oldestStuck, false, 0, of: 3600, "No job is stuck.") { $0.stuckJobs = 0 },
        Case(
            .oldestStuck,
            false,
            3600,
            of: 3600,
            "The oldest stuck job has been running or waiting for 1h; the limit is 1h."
        ) { $0.oldestStuckSince = .test(-hour) },
        Case(
            .oldestStuck,
            true,
            3601,
            of: 3600,
            "The oldest stuck job has been running or waiting for 1h, longer than 1h. 'unstick stuck' shows it, "
                + "'unstick runs' shows whether runs try it and fail."
        ) { $0.oldestStuckSince = .test(-hour - 1) },
        Case(
            .oldestStuck,
            false,
            0,
            of: 3600,
            "The oldest stuck job has been running or waiting for 0ms; the limit is 1h."
        ) { $0.oldestStuckSince = .test(hour) },
        Case(.frequentFailures, false, 1, of: 50, "1 stuck job was failed or retried within 1h; the limit is 50.") {
            $0.jobsFailed = 1
        },
        Case(
            .frequentFailures,
            true,
            51,
            of: 50,
            "51 stuck jobs were failed or retried within 1h, more than 50. "
                + "'unstick runs' shows the runs. If the jobs were "
                + "alive, stop cleaning with 'unstick pause' and raise the policy's limits."
        ) { $0.jobsFailed = 51 },
        Case(.largeRefunds, false, 10_000, of: 10_000, "10,000 tokens were refunded within 1h; the limit is 10,000.") {
            $0.tokensRefunded = 10_000
        },
        Case(
            .largeRefunds,
            true,
            1_234_567,
            of: 10_000,
            "1,234,567 tokens were refunded within 1h, more than 10,000. 'unstick runs' shows the runs that refunded, and "
                + "'unstick pause' stops them while you look. The Users view shows refunds by operators and workers."
        ) { $0.tokensRefunded = 1_234_567 },
        Case(
            .cleanupNotRunning,
            false,
            2700,
            of: 2700,
            "Cleanup is not overdue; a run is expected within 3 intervals of 15m."
        ) { $0.runs = runs(-2700) },
        Case(
            .cleanupNotRunning,
            true,
            2820,
            of: 2700,
            "No cleanup run has succeeded for 47m, longer than 3 intervals of 15m. 'unstick status' shows when the "
                + "next run is due, 'unstick runs' how the last runs ended."
        ) { $0.runs = runs(-2820) },
        Case(
            .cleanupNotRunning,
            true,
            2701,
            of: 2700,
            "No cleanup run has ever succeeded; one is expected within 3 intervals of 15m. 'unstick status' "
                + "shows when the next run is due, 'unstick runs' how the last runs ended."
        ) { $0.runs = runs(nil, watched: -2701) },
        Case(.cleanupHeld, false, 0, of: 0, "No hold is open, and the last cleanup run was not held.") {
            $0.isHeld = false
        },
        Case(
            .cleanupHeld,
            true,
            1,
            of: 0,
            "30 of 40 running jobs look stuck at once."
        ) {
            $0.isHeld = true
            $0.heldReason = "30 of 40 running jobs look stuck at once."
        },
        Case(.cleanupFailed, false, 0, of: 0, "The last cleanup run did not fail.") { $0.isFailed = false },
        Case(
            .cleanupFailed,
            true,
            1,
            of: 0,
            "The last cleanup run failed. The disk is full. The jobs that it cleaned stay cleaned; the next run continues."
        ) {
            $0.isFailed = true
            $0.failedReason = "The disk is full."
        },
        Case(
            .jobsNotCleaned,
            false,
            0,
            of: 0,
            "The last run cleaned every job that it found."
        ) { $0.jobsNotCleaned = 0 },
        Case(
            .jobsNotCleaned,
            true,
            2,
            of: 0,
            "The last run could not clean 2 jobs. 'unstick runs' shows the reason for each. The jobs are unchanged, and each run "
                + "tries them again."
        ) { $0.jobsNotCleaned = 2 },
        Case(
            .cleanupNotRunning,
            true,
            2701,
            of: 2700,
            "No cleanup run has ever succeeded; one is expected within 3 intervals of 15m. 'unstick status' "
                + "shows when the next run is due, 'unstick runs' how the last runs ended."
        ) { $0.runs = runs(86_400 * 999, watched: -2701) },
        Case(.webhookFailing, false, 0, of: 1800, "No webhook has been failing for longer than 30m.") {
            $0.failingEndpoints = []
        },
        Case(.webhookFailing, false, 1800, of: 1800, "No webhook has been failing for longer than 30m.") {
            $0.failingEndpoints = [AlertMeasurements.FailingEndpoint(name: "a.example", since: .test(-1800))]
        },
        Case(
            .webhookFailing,
            true,
            2520,
            of: 1800,
            "2 webhooks have been failing for up to 42m, longer than 30m: b.example, a.example:8443. Check that the "
                + "receiver is up and answers with a status of 200 to 299."
        ) {
            $0.failingEndpoints = [
                AlertMeasurements.FailingEndpoint(name: "a.example:8443", since: .test(-2400)),
                AlertMeasurements.FailingEndpoint(name: "b.example", since: .test(-2520)),
                AlertMeasurements.FailingEndpoint(name: "c.example", since: .test(-60)),
            ]
        },
        Case(
            .webhookFailing,
            true,
            1904,
            of: 1800,
            "5 webhooks have been failing for up to 31m 44s, longer than 30m: e4, e3, e2, 2 more. Check that the receiver "
                + "is up and answers with a status of 200 to 299."
        ) {
            $0.failingEndpoints = (0..<5).map {
                AlertMeasurements.FailingEndpoint(name: "e\($0)", since: .test(-1900 - $0))
            }
        },
        Case(.ledgerMismatch, false, 0, of: 0, "The last check of the ledger found no mismatch.") {
            $0.ledgerMismatches = 0
        },
        Case(
            .ledgerMismatch,
            true,
            1,
            of: 0,
            "The last check of the ledger found 1 mismatch. 'unstick reconcile' lists them."
        ) { $0.ledgerMismatches = 1 },
    ]

    @Test("a condition has the problem, the value, the limit, and what to do", arguments: Self.cases)
    func condition(_ expected: Case) {
        #expect(
            expected.measurements.conditions(AlertThresholds())[expected.name]
                == AlertCondition(
                    isTrue: expected.isTrue,
                    value: expected.value,
                    threshold: expected.threshold,
                    summary: expected.summary
                )
        )
    }

    @Test("an unknown value decides nothing")
    func unknown() {
        #expect(AlertMeasurements(now: .test(0)).conditions(AlertThresholds()).isEmpty)
        var measurements = AlertMeasurements(now: .test(0))
        measurements.stuckJobs = 1
        #expect(Set(measurements.conditions(AlertThresholds()).keys) == [.stuckJobs])
    }

    @Test("an alert that is switched off is false, so that one that fires ends")
    func off() {
        let thresholds = AlertThresholds(
            stuckJobs: nil,
            frequentFailures: nil,
            largeRefunds: nil,
            missedIntervals: nil,
            oldestStuck: nil,
            webhookFailing: nil
        )
        var measurements = AlertMeasurements(now: .test(0))
        measurements.stuckJobs = 1000
        let conditions = measurements.conditions(thresholds)
        #expect(
            Set(conditions.keys) == [
                .stuckJobs, .frequentFailures, .largeRefunds, .cleanupNotRunning, .oldestStuck, .webhookFailing,
            ]
        )
        #expect(conditions.values.allSatisfy { !$0.isTrue })
    }

    @Test("a missing run means nothing while cleaning is paused, and a success ends the alert")
    func paused() {
        var measurements = AlertMeasurements(now: .test(0), isPaused: true)
        measurements.runs = Self.runs(-2701)
        #expect(measurements.conditions(AlertThresholds())[.cleanupNotRunning] == nil)
        measurements.runs = Self.runs(-2700)
        #expect(measurements.conditions(AlertThresholds())[.cleanupNotRunning]?.isTrue == false)
    }

    @Test("the alert and the health check agree on what is overdue")
    func agreement() {
        let times: [Int?] = [nil, 60, 0, -1, -2699, -2700, -2701, -90_000]
        for success in times {
            for watched in times.compactMap({ $0 }) {
                for isPaused in [false, true] {
                    var measurements = AlertMeasurements(now: .test(0), isPaused: isPaused)
                    measurements.runs = Self.runs(success, watched: watched)
                    let health = CleanupHealth(
                        lastSuccess: success.map {
                            Run(
                                id: "r",
                                trigger: .scheduler,
                                options: CleanupOptions(),
                                timeout: nil,
                                startedAt: .test($0)
                            )
                        },
                        watchedSince: .test(watched),
                        interval: .seconds(900),
                        isPaused: isPaused,
                        now: .test(0)
                    )
                    let isTrue = measurements.conditions(AlertThresholds())[.cleanupNotRunning]?.isTrue ?? false
                    #expect(isTrue == (health.status == .overdue), "\(success ?? 1) \(watched) \(isPaused)")
                }
            }
        }
    }

    @Test(
        "a webhook's path or password is never shown",
        arguments: ["https://hooks.example/services/T0/s3cret", "user:pw@host", "host/s3cret", "a b", "", "\u{1B}[2J"]
    )
    func secrets(name: String) throws {
        var measurements = AlertMeasurements(now: .test(0))
        measurements.failingEndpoints = [AlertMeasurements.FailingEndpoint(name: name, since: .test(-7200))]
        let summary = try #require(measurements.conditions(AlertThresholds())[.webhookFailing]).summary
        #expect(
            summary == "1 webhook has been failing for up to 2h, longer than 30m: an unnamed webhook. "
                + "Check that the receiver is up and answers with a status of 200 to 299."
        )
    }

    @Test("the stuck jobs are from the overview, all kinds together")
    func overview() {
        let measurements = AlertMeasurements(
            StuckOverview(
                now: .test(0),
                kinds: [
                    StuckKind(kind: "video", jobs: 6, since: .test(-60)),
                    StuckKind(kind: "audio", jobs: 5, since: .test(-90)),
                ],
                running: 40,
                pause: nil
            )
        )
        #expect(measurements.now == .test(0))
        #expect(measurements.stuckJobs == 11)
        #expect(measurements.oldestStuckSince == .test(-90))
        #expect(!measurements.isPaused)
    }
}
