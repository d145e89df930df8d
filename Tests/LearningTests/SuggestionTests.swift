import Testing
import Unstick
import UnstickLearning

@Suite("Suggested limits")
struct SuggestionTests {
    private static let start = Timestamp(seconds: 1_767_225_600)

    /// A job of this duration in seconds.
    private static func job(_ kind: String, _ tier: String?, _ seconds: Int, at offset: Int = 0) -> PastJob {
        let created = self.start + .seconds(offset)
        return PastJob(
            id: "\(kind)-\(offset)",
            kind: kind,
            tier: tier,
            tokensCost: 3,
            createdAt: created,
            startedAt: created,
            endedAt: created + .seconds(seconds),
            outcome: .completed
        )
    }

    /// By the slowest job: these tests have too few for a quantile.
    private static var bySlowest: LimitMethod {
        var method = LimitMethod()
        method.quantile = 1
        return method
    }

    private static func learned(
        _ jobs: [(kind: String, tier: String?, count: Int, slowest: Int)],
        policy: Policy = Policy()
    ) -> LearnedDurations {
        var learned = LearnedDurations(policy: policy)
        for (kind, tier, count, slowest) in jobs {
            for number in 1...count { learned.see(self.job(kind, tier, slowest * number / count)) }
        }
        return learned
    }

    @Test("are a high quantile times a factor, by kind and tier, otherwise of all")
    func hierarchy() throws {
        let learned = Self.learned([
            ("image", "4K", 2000, 100), ("image", "1K", 600, 40), ("image", nil, 1200, 60), ("video", nil, 999, 900),
            ("sound", "1K", 10, 5000),
        ])
        let suggestions = Suggestions(learned, policy: Policy(), method: Self.bySlowest)
        func line(_ kind: String?, _ tier: String?) throws -> Suggestions.Line {
            try #require(suggestions.lines.first { $0.group == JobGroup(kind: kind, tier: tier) })
        }
        let big = try line("image", "4K")
        #expect(big.basis == .own && big.durations.count == 2000)
        #expect(big.suggested == .seconds(150))
        #expect(try line("image", nil).suggested == .seconds(90))
        // Too few of their own: the limit for all, and what nearly all of their jobs need.
        let sound = try line("sound", "1K")
        #expect(sound.basis == .all && sound.suggested == .seconds(7500))
        #expect(try line("video", nil).suggested == .seconds(7500) && line(nil, nil).suggested == .seconds(7500))
        let small = try line("image", "1K")
        #expect(small.basis == .kept && small.suggested == nil)
        #expect(
            suggestions.limits.map(\.group) == [
                JobGroup(kind: "image", tier: "*"), JobGroup(kind: "image", tier: "4K"),
                JobGroup(kind: "image", tier: nil), .all,
            ]
        )
        #expect(suggestions.lines.map(\.durations.count) == [2000, 1200, 999, 600, 10, 4809])
        let video = try line("video", nil)
        #expect(video.killed == 665 && video.killedBySuggestion == 0 && video.limit == .seconds(300))
    }

    @Test(
        "of a kind leave its tiers with too few jobs alone, and those that appear later",
        arguments: [.seconds(7200), nil] as [Duration?]
    )
    func tiersWithFewJobs(timeout: Duration?) {
        let policy = Policy(standard: Rule(timeout: timeout))
        let learned = Self.learned(
            [("image", "4K", 1, 60), ("image", "1K", 20_000, 20), ("image", nil, 20_000, 20)],
            policy: policy
        )
        let applied = Suggestions(learned, policy: policy).applied(to: policy)
        #expect(applied.rule(kind: "image", tier: "1K").timeout == .seconds(30))
        #expect(applied.rule(kind: "image", tier: nil).timeout == .seconds(30))
        #expect(applied.rule(kind: "image", tier: "4K").timeout == timeout)
        #expect(applied.rule(kind: "image", tier: "8K").timeout == timeout)
        // The second time finds the rule of the first.
        let again = Suggestions(learned, policy: applied)
        #expect(again.applied(to: applied) == applied)
    }

    @Test("of a kind need as many jobs as the acceptable share of losses requires")
    func ownLimits() {
        let learned = Self.learned([("image", nil, 10_000, 100), ("sound", nil, 9_999, 20)])
        let suggestions = Suggestions(learned, policy: Policy())
        #expect(suggestions.lines.map(\.basis) == [.own, .kept, .kept] && suggestions.method.minimumOwnJobs == 10_000)
        #expect(suggestions.limits.map(\.group) == [JobGroup(kind: "image", tier: nil)])
        var method = LimitMethod()
        method.quantile = 1
        #expect(method.minimumOwnJobs == method.minimumJobs)
    }

    @Test(
        "make no default shorter, and no rule that is also for kinds without history",
        arguments: [
            Policy(), Policy(rules: [Rule(name: "media", kinds: ["image", "video"])]),
            Policy(rules: [Rule(name: "v", kinds: ["*"], tiers: ["4K"]), Rule(name: "all", kinds: ["*"])]),
            Policy(standard: Rule(timeout: nil)),
        ]
    )
    func defaults(policy: Policy) {
        let suggestions = Suggestions(Self.learned([("image", nil, 20_000, 20)]), policy: policy)
        #expect(suggestions.limits.map(\.group) == [JobGroup(kind: "image", tier: nil)])
        let applied = suggestions.applied(to: policy)
        #expect(applied.rule(kind: "image", tier: nil).timeout == .seconds(30))
        #expect(applied.standard == policy.standard && policy.rules.allSatisfy(applied.rules.contains))
        for (kind, tier) in [("video", nil), ("video", "4K"), ("other", "1K")] {
            #expect(applied.rule(kind: kind, tier: tier) == policy.rule(kind: kind, tier: tier))
        }
    }

    @Test("of a kind leave alone its tiers, also one that has a rule of its own")
    func tierOfItsOwn() {
        let films = Rule(name: "films", kinds: ["video"], tiers: ["4K"], timeout: .seconds(3600))
        let policy = Policy(rules: [films])
        let learned = Self.learned(
            [("video", nil, 20_000, 20), ("video", "4K", 10, 2000), ("image", nil, 90_000, 20)],
            policy: policy
        )
        let suggestions = Suggestions(learned, policy: policy)
        let applied = suggestions.applied(to: policy)
        #expect(applied.rule(kind: "video", tier: "4K") == films)
        #expect(applied.rule(kind: "video", tier: "1K").timeout == .seconds(300))
        #expect(applied.rule(kind: "video", tier: nil).timeout == .seconds(30))
        #expect(suggestions.lines.map(\.basis) == [.own, .own, .kept, .kept])
        #expect(suggestions.lines[2].group.tier == "4K" && suggestions.lines[2].suggested == nil)
    }

    @Test("of a kind with too few jobs cover its slowest job, and state the share that so few jobs support")
    func few() throws {
        var learned = Self.learned([("image", nil, 200_000, 40), ("video", nil, 8_982, 30)])
        for number in 0..<18 { learned.see(Self.job("video", nil, 3600, at: number)) }
        let suggestions = Suggestions(learned, policy: Policy())
        #expect(suggestions.lines.map(\.basis) == [.own, .slowest, .kept])
        #expect(suggestions.lines.map(\.suggested) == [.seconds(59), .seconds(5400), nil])
        #expect(suggestions.lines.map(\.boundOneIn) == [10_000, 9001, nil])
        #expect(suggestions.lines.map(\.killedBySuggestion) == [0, 0, 0] && suggestions.lines[1].killed == 18)
        // A limit that is long enough stays, also if the jobs would do with less.
        let long = Policy(rules: [Rule(name: "video", kinds: ["video"], timeout: .seconds(7200))])
        #expect(Suggestions(learned, policy: long).lines.map(\.basis) == [.own, .kept, .kept])
    }

    @Test("of a kind with few slow jobs do not make its tiers' limits longer; longer defaults do")
    func fewOfKindWithTiers() throws {
        let jobs = [("image", nil, 500, 1800), ("image", "pro", 500, 20), ("sound", nil, 20_000, 20)]
        let learned = Self.learned(jobs)
        let suggestions = Suggestions(learned, policy: Policy(standard: Rule(timeout: .seconds(4000))))
        #expect(suggestions.limits.map(\.group) == [JobGroup(kind: "sound", tier: nil)])
        let applied = Suggestions(learned, policy: Policy(standard: Rule(timeout: .seconds(30))))
            .applied(to: Policy(standard: Rule(timeout: .seconds(30))))
        #expect(applied.rule(kind: "image", tier: nil).timeout == .seconds(2700))
        #expect(applied.rule(kind: "image", tier: "pro").timeout == applied.standard.timeout)
        #expect(applied.rule(kind: "image", tier: "new").timeout == applied.standard.timeout)
    }

    @Test("for a tier with too few jobs cover its slowest job too")
    func fewOfTier() {
        let learned = Self.learned([
            ("image", "1K", 20_000, 40), ("image", "4K", 1, 1200),
        ])
        let applied = Suggestions(learned, policy: Policy()).applied(to: Policy())
        #expect(applied.rule(kind: "image", tier: "1K").timeout == .seconds(59))
        #expect(applied.rule(kind: "image", tier: "4K").timeout == .seconds(1800))
        #expect(applied.rule(kind: "other", tier: "4K").timeout == .seconds(300))
    }

    @Test("that a cap makes shorter state what they lose")
    func cappedBound() {
        var method = Self.bySlowest
        method.cap = .seconds(50)
        let learned = Self.learned([("image", nil, 1000, 100)])
        let line = Suggestions(learned, policy: Policy(), method: method).lines[0]
        #expect(line.suggested == .seconds(50) && (480...500).contains(line.killedBySuggestion))
        #expect(line.boundOneIn == 2)
        method.cap = nil
        #expect(Suggestions(learned, policy: Policy(), method: method).lines[0].boundOneIn == 1001)
    }

    @Test("report that there are too few jobs to learn from")
    func tooFew() {
        let suggestions = Suggestions(Self.learned([("image", nil, 999, 100)]), policy: Policy())
        #expect(suggestions.limits.isEmpty)
        #expect(suggestions.lines.allSatisfy { $0.basis == .tooFew && $0.suggested == nil })
        #expect(suggestions.applied(to: Policy()) == Policy())
        #expect(Suggestions(LearnedDurations(policy: Policy()), policy: Policy()).lines.count == 1)
    }

    @Test("respect floor and cap, and are rounded up to a readable value")
    func bounds() {
        let learned = Self.learned([("quick", nil, 1000, 1), ("slow", nil, 1000, 100_000)])
        var method = Self.bySlowest
        method.cap = .seconds(7200)
        let limits = Suggestions(learned, policy: Policy(), method: method).limits
        #expect(limits.map(\.timeout) == [.seconds(30), .seconds(7200), .seconds(7200)])
        method.floor = .seconds(61)
        method.cap = nil
        method.factor = 1
        let others = Suggestions(learned, policy: Policy(), method: method).limits
        #expect(others[0].timeout == .seconds(61) && others[1].timeout == .seconds(100_020))
    }

    @Test("applied to a policy they change the limits only")
    func applied() {
        let rule = Rule(
            name: "pictures",
            kinds: ["im*"],
            timeout: .seconds(60),
            retry: Retry(attempts: 3),
            refund: .none
        )
        let policy = Policy(rules: [rule], massFailureGuard: MassFailureGuard(minimum: 7))
        let learned = Self.learned([("image", "4K", 2000, 100), ("other", nil, 1000, 10)], policy: policy)
        let applied = Suggestions(learned, policy: policy, method: Self.bySlowest).applied(to: policy)
        let image = applied.rule(kind: "image", tier: "4K")
        #expect(image.timeout != .seconds(60) && image.retry.attempts == 3 && image.refund == .none)
        #expect(applied.rule(kind: "image", tier: "1K") == rule)
        #expect(applied.rule(kind: "other", tier: "x").timeout == .seconds(30))
        #expect(applied.massFailureGuard.minimum == 7)
    }

    @Test("learn only from jobs that ended before, and ignore invalid times")
    func bounded() {
        var learned = LearnedDurations(policy: Policy(), until: Self.start + .seconds(100))
        learned.see(Self.job("image", nil, 10))
        learned.see(Self.job("image", nil, 100))
        learned.see(Self.job("image", nil, -5))
        var unstarted = Self.job("image", nil, 5)
        unstarted.startedAt = nil
        learned.see(unstarted)
        #expect(learned.all.count == 1 && learned.withoutDuration == 2)
        #expect(learned.end == Self.start + .seconds(100))
    }

    @Test("with more kinds than the limit still include all jobs")
    func manyKinds() {
        var learned = LearnedDurations(policy: Policy())
        for number in 0..<(LearnedDurations.mostGroups + 500) { learned.see(Self.job("kind-\(number)", nil, 5)) }
        #expect(learned.groups.count == LearnedDurations.mostGroups)
        #expect(learned.all.count == LearnedDurations.mostGroups + 500)
        let suggestions = Suggestions(learned, policy: Policy())
        #expect(suggestions.limits.isEmpty && suggestions.lines.allSatisfy { $0.basis == .kept })
        let short = Policy(standard: Rule(timeout: .seconds(20)))
        #expect(Suggestions(learned, policy: short).limits.map(\.group) == [.all])
    }
}
