import Testing
import Unstick
import UnstickLearning

@Suite("Policy replay")
struct ReplayTests {
    /// A whole multiple of every interval in these tests.
    private static let start = Timestamp(seconds: 1_767_225_600)

    private static func job(
        _ id: String,
        kind: String = "image",
        at offset: Int = 0,
        started: Int? = 0,
        ended: Int?,
        outcome: PastJob.Outcome = .completed
    ) -> PastJob {
        let created = self.start + .seconds(offset)
        return PastJob(
            id: id,
            kind: kind,
            tier: nil,
            tokensCost: 5,
            createdAt: created,
            startedAt: started.map { created + .seconds($0) },
            endedAt: ended.map { created + .seconds($0) },
            outcome: outcome
        )
    }

    private static func replay(
        _ policy: Policy,
        interval: Int = 60,
        runs: RunTimes? = nil,
        from: Timestamp? = nil,
        _ jobs: [PastJob]
    ) -> Replay {
        var replay = Replay(
            name: "it",
            policy: policy,
            runs: runs ?? .every(.seconds(interval)),
            from: from,
            end: self.start + .seconds(10_000)
        )
        for job in jobs { replay.see(job) }
        return replay
    }

    private static func timeout(_ seconds: Int) -> Policy { Policy(standard: Rule(timeout: .seconds(seconds))) }

    @Test("a good job is a false positive when a run is after its limit and before its end")
    func falsePositives() {
        let replay = Self.replay(
            Self.timeout(90),
            [
                Self.job("at the limit", ended: 90), Self.job("past it", ended: 100),
                Self.job("at the run", ended: 120),
                Self.job("killed", ended: 121),
            ]
        )
        #expect(replay.good == 4 && replay.pastLimit == 3 && replay.killed == 1 && replay.killedShare == 0.25)
        #expect(replay.killedJobs.map(\.id) == ["killed"] && replay.killedJobs[0].limit == .seconds(90))
        #expect(replay.tokensRefundedWrongly == 5 && replay.meanIfHung == .seconds(120))
    }

    @Test("a job that never ended is found by the first run after its limit, if the past lasts that long")
    func hung() {
        let replay = Self.replay(
            Self.timeout(100),
            [
                Self.job("running", at: 30, ended: nil, outcome: .running),
                Self.job("young", at: 9950, ended: nil, outcome: .running),
                Self.job("waiting", started: nil, ended: nil, outcome: .waiting),
            ]
        )
        #expect(replay.hung == 3 && replay.found.count == 1 && replay.tokensRefundedRightly == 5)
        // 30 s + 100 s is found at 180 s.
        #expect(replay.found.slowest == .seconds(150) && replay.good == 0)
        var policy = Self.timeout(100)
        policy.standard.pendingTimeout = .seconds(600)
        #expect(
            Self.replay(policy, [Self.job("w", started: nil, ended: nil, outcome: .waiting)]).found.slowest
                == .seconds(600)
        )
    }

    @Test("a job that was timed out has an unknown end: a refund for it is neither right nor wrong")
    func unknown() {
        let replay = Self.replay(
            Self.timeout(100),
            [
                Self.job("timed out", ended: 400, outcome: .timedOut),
                Self.job("young", at: 9950, ended: 9990, outcome: .timedOut),
            ]
        )
        #expect(replay.unknown == 2 && replay.unknownFound == 1 && replay.tokensRefundedUnknown == 5)
        #expect(replay.hung == 0 && replay.found.count == 0 && replay.tokensRefundedRightly == 0)
        #expect(replay.good == 0 && replay.killed == 0 && replay.tokensRefundedWrongly == 0)
    }

    @Test("runs by a schedule, in its time zone")
    func schedule() throws {
        // 2026-01-01 is a Thursday; nine in the morning in Berlin is eight.
        let weekdays = RunTimes.schedule(try CronExpression("0 9 * * 1-5"), try ScheduleZone("Europe/Berlin"))
        var replay = Replay(
            name: "it",
            policy: Self.timeout(60),
            runs: weekdays,
            from: nil,
            end: Self.start + .seconds(10 * 86_400)
        )
        for hours in [1, 7, 9, 33] {
            replay.see(Self.job("h\(hours)", at: hours * 3600, ended: nil, outcome: .running))
        }
        // At 1, 7, 9 and 33 o'clock: on the same day, on the next, and on Monday.
        #expect(replay.found.count == 4 && replay.found.slowest == .seconds((4 * 24 + 8 - 33) * 3600))
        let quarters = RunTimes.schedule(try CronExpression("*/15 * * * *"), .utc)
        let jobs = (0..<500).map { Self.job("j\($0)", at: $0 * 37, ended: $0 * 11) }
        let (one, other) = (
            Self.replay(Self.timeout(90), interval: 900, jobs), Self.replay(Self.timeout(90), runs: quarters, jobs)
        )
        #expect(one.killed > 0 && one.killed == other.killed && one.meanIfHung == other.meanIfHung)
        // A schedule whose next run is after the end of the past finds nothing.
        let yearly = RunTimes.schedule(try CronExpression("0 0 29 2 *"), .utc)
        #expect(Self.replay(Self.timeout(1), runs: yearly, [Self.job("a", ended: 9000)]).killed == 0)
    }

    @Test("uses the rule of each kind, deadlines, and the refund of the rule")
    func rules() {
        let policy = Policy(
            rules: [
                Rule(name: "video", kinds: ["video"], timeout: .seconds(1000), refund: .none),
                Rule(name: "late", kinds: ["late"], timeout: nil, deadline: .seconds(60)),
                Rule(name: "free", kinds: ["free"], timeout: nil),
            ]
        )
        let replay = Self.replay(
            policy,
            [
                Self.job("a", ended: 999), Self.job("b", kind: "video", ended: 999),
                Self.job("c", kind: "video", ended: 2000),
                Self.job("d", kind: "late", started: 50, ended: 200), Self.job("e", kind: "free", ended: 9000),
            ]
        )
        #expect(replay.killedJobs.map(\.id) == ["a", "c", "d"] && replay.tokensRefundedWrongly == 10)
        #expect(replay.good == 5 && replay.ifHung.count == 4)
    }

    @Test("replays only jobs created from the date on, and lists a thousand")
    func bounds() {
        let jobs = (0..<2500).map { Self.job("j\($0)", at: $0, ended: 500) }
        let replay = Self.replay(Self.timeout(60), from: Self.start + .seconds(1000), jobs)
        #expect(replay.good == 1500 && replay.killed == 1500 && replay.killedJobs.count == Replay.mostListed)
    }

    @Test("a backtest learns from one part and replays the other, with baselines")
    func backtest() async throws {
        let jobs = (0..<4000).map { Self.job("j\($0)", at: $0 * 60, ended: 100 + $0 % 100) }
        let store = Past(jobs: jobs + [Self.job("hung", at: 200_000, ended: nil, outcome: .running)])
        var method = LimitMethod()
        method.quantile = 0.999
        let backtest = try await Backtest(
            of: store,
            policy: ("in force", Policy()),
            trainUntil: Self.start + .seconds(120_000),
            method: method
        )
        #expect(
            backtest.replays.map(\.name) == [
                "learned", "in force", "one learned limit", "5m, every 15m", "one, by hindsight",
            ]
        )
        #expect(backtest.suggestions?.limits.map(\.group) == [JobGroup(kind: "image", tier: nil)])
        let learned = backtest.replays[0]
        #expect(learned.good == 2000 && learned.killed == 0 && learned.found.count == 1)
        #expect(learned.found.slowest < backtest.replays[3].found.slowest)
        #expect(backtest.replays[4].pastLimit == 0)
        #expect(try #require(backtest.replays[4].meanIfHung) < #require(learned.meanIfHung))
        let plain = try await Backtest(of: store, policy: ("in force", Policy()))
        #expect(plain.replays.map(\.name) == ["in force", "5m, every 15m", "one, by hindsight"])
        await #expect(throws: UnstickError.self) {
            _ = try await Backtest(of: Past(jobs: []), policy: ("in force", Policy()))
        }
    }
}

/// Jobs in memory.
private struct Past: PastJobStore {
    let jobs: [PastJob]

    func pastJobs<Result: Sendable>(
        since: Timestamp?,
        into initial: Result,
        _ update: @Sendable @escaping (inout Result, PastJob) -> Void
    ) async throws -> Result {
        self.jobs.reduce(into: initial) { update(&$0, $1) }
    }
}
