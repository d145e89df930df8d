import HTTPTypes
import TestTags
import Testing
import Unstick
import UnstickLearning
import UnstickSQLite
import UnstickServer

@testable import UnstickPages

extension PagesHarness {
    fileprivate func acts(_ action: AuditAction) async throws -> [AuditEntry] {
        try await self.store.auditEntries(AuditFilter(action: action), before: nil, limit: 10).rows
    }
}

@Suite("Policy page", .tags(.alone), .timeLimit(.minutes(1)))
struct PolicyPageTests {
    private static let films = Rule(
        name: "films",
        kinds: ["video", "film-*"],
        tiers: ["TIER_4K"],
        timeout: .seconds(5400),
        heartbeatTimeout: .seconds(90),
        retry: Retry(attempts: 2),
        refund: .byProgress,
        quarantine: 3,
        onLateCompletion: .accept
    )

    @Test("each rule in a sentence and in detail, in order, the standard rule last")
    func rules() {
        let rows = RuleRow.rows(Policy(rules: [Self.films, Rule(name: "by-hand", kinds: ["by-hand"], timeout: nil)]))
        #expect(rows.map(\.name) == ["films", "by-hand", "default"])
        #expect(rows[2].sentence.hasPrefix("For every other job:"))
        #expect(
            rows[0].sentence.hasPrefix("For kind video or film-*, tier TIER_4K: at most running 1h 30m, silent 1m 30s;")
        )
        #expect(rows[0].sentence.hasSuffix("charged again."))
        #expect(rows[0].kinds == "video, film-*" && rows[0].tiers == "TIER_4K" && rows[0].timeout == "1h 30m")
        #expect(rows[0].pending == "none" && rows[0].attempts == "2" && rows[0].refund == "by progress")
        #expect(rows[0].quarantine == "after 3 timeouts" && rows[0].lateCompletion == "accept")
        #expect(rows[1].sentence.contains("never stuck: no limit is set") && rows[1].tiers == "all")
        #expect(rows[2].sentence == "For every other job: at most running 5m; tried once, then full refund.")
        #expect(RuleRow.rows(Policy())[0].sentence.hasPrefix("For every job:"))
    }

    @Test("the effect of limits on past jobs, by kind and tier and for all together")
    func learned() throws {
        var learned = LearnedDurations(policy: Policy(rules: [Self.films]))
        for index in 0..<20_000 {
            let took = Duration.seconds(index < 19_996 ? 10 + index % 20 : 400)
            learned.see(.completed("image-\(index)", "image", nil, took))
        }
        for index in 0..<500 { learned.see(.completed("film-\(index)", "video", "TIER_4K", .seconds(3000))) }
        let groups = DurationGroup.groups(of: Suggestions(learned, policy: Policy(rules: [Self.films])))
        #expect(groups.map(\.kind) == ["image", "video", "all jobs"])
        #expect(groups.map(\.tier) == [nil, "TIER_4K", nil])
        #expect(groups.map(\.rule) == ["default", "films", "default"])
        #expect(groups[0].count == "20,000" && groups[0].limit == "5m" && groups[0].killedShare == "0.02 %")
        #expect(groups[0].slowest == "6m 40s" && groups[0].basis == "its own jobs")
        #expect(groups[1].limit == "1h 30m" && groups[1].killedShare == "none" && groups[1].suggested == nil)
        #expect(groups[1].basis == "none: a shorter limit needs 10,000 completed jobs")
        #expect(groups.map(\.bound) == ["loses at most 1 in 10,000", nil, "loses at most 1 in 10,000"])
        #expect(groups.map { $0.suggested != nil } == [true, false, true] && groups[2].basis == "all jobs")
        // As if the limit of the standard rule applied to all.
        #expect(groups[2].killedShare == "2.5 %")
        for (number, group) in groups.enumerated() {
            #expect(group.durationsSvg.contains("durations-\(number)"))
        }
    }

    @Test("too few jobs suggest nothing, and one kind alone is not shown twice")
    func fewJobs() throws {
        var learned = LearnedDurations(policy: Policy())
        for index in 0..<10 { learned.see(.completed("image-\(index)", "image", nil, .seconds(10))) }
        let groups = DurationGroup.groups(of: Suggestions(learned, policy: Policy()))
        #expect(groups.map(\.kind) == ["image"])
        #expect(groups[0].suggested == nil && groups[0].suggestedKilledShare == nil)
        #expect(groups[0].basis == "none: needs 1,000 completed jobs")
    }

    @Test("jobs that need no longer limit keep theirs, and few slow ones get a longer one")
    func limitsThatStay() throws {
        var learned = LearnedDurations(policy: Policy())
        for index in 0..<2000 { learned.see(.completed("image-\(index)", "image", nil, .seconds(10))) }
        let quick = DurationGroup.groups(of: Suggestions(learned, policy: Policy()))
        #expect(quick.map(\.basis) == ["none: a shorter limit needs 10,000 completed jobs"] && quick[0].bound == nil)
        for index in 0..<20_000 { learned.see(.completed("later-\(index)", "image", nil, .seconds(10))) }
        learned.see(.completed("film", "video", nil, .seconds(3000)))
        let groups = DurationGroup.groups(of: Suggestions(learned, policy: Policy()))
        #expect(groups.map(\.basis) == ["its own jobs", "its slowest job", "none: the defaults never get shorter"])
        #expect(groups[1].suggested == "1h 15m" && groups[1].bound == "loses at most 1 in 2")
    }

    @Test("the page shows that it is learning, and then the result")
    func learning() async throws {
        try await PagesHarness.run { pages in
            let first = try await pages.get("/admin/policy", as: .viewer)
            #expect(first.status == 200 && first.text.contains("<b>default</b> For every job: at most running 5m"))
            #expect(first.text.contains("A run is held when at least 20 jobs"))
            #expect(first.text.contains("Learning from the newest 100,000 completed jobs"))
            #expect(first.text.contains("data-events=\"/admin/live?watch=past\""))
            while try await pages.get("/admin/policy", as: .viewer).text.contains("Learning") {
                try await Task.sleep(for: .milliseconds(20))
            }
            let then = try await pages.get("/admin/policy", as: .viewer)
            #expect(then.text.contains("No job is completed yet") && !then.text.contains("data-events"))
        }
    }

    @Test("an operator pauses cleaning and ends the pause, both with audit entries")
    func pause() async throws {
        try await PagesHarness.run { pages in
            let before = try await pages.get("/admin/policy", as: .operator)
            #expect(before.text.contains("action=\"/admin/pause\"") && !before.text.contains("/admin/resume"))
            let paused = try await pages.post("/admin/pause", ["minutes": "90"], as: .operator)
            #expect(paused.status == 303 && paused.headers[.location] == "/admin/policy?did=paused")
            let pause = try #require(try await pages.store.currentPause())
            #expect(pause.until - (try await pages.store.now()) > .seconds(89 * 60))
            let during = try await pages.get("/admin/policy?did=paused", as: .operator)
            #expect(during.text.contains("Cleaning is paused on every server."))
            #expect(during.text.contains("action=\"/admin/resume\"") && !during.text.contains("\"/admin/pause\""))
            let resumed = try await pages.post("/admin/resume", [:], as: .operator)
            #expect(resumed.status == 303 && resumed.headers[.location] == "/admin/policy?did=resumed")
            #expect(try await pages.store.currentPause() == nil)
            #expect(try await pages.acts(.pause).map(\.act.detail) == ["for 1h 30m"])
            #expect(try await pages.acts(.resume).map(\.act.role) == [.operator])
        }
    }

    @Test("an invalid pause is refused", arguments: ["", "0", "-5", "10081", "soon", "1.5"])
    func wrongPause(minutes: String) async throws {
        try await PagesHarness.run { pages in
            let reply = try await pages.post("/admin/pause", ["minutes": minutes], as: .operator)
            #expect(reply.status == 400)
            #expect(try await pages.store.currentPause() == nil)
        }
    }

    @Test("viewers only read; operators do not reload")
    func roles() async throws {
        try await PagesHarness.run { pages in
            let page = try await pages.get("/admin/policy", as: .viewer)
            #expect(!page.text.contains("action=\"/admin/p") && !page.text.contains("action=\"/admin/resume"))
            for path in ["/admin/pause", "/admin/resume", "/admin/policy/reload"] {
                #expect(try await pages.post(path, ["minutes": "5"], as: .viewer).status == 403)
            }
            #expect(try await pages.post("/admin/policy/reload", [:], as: .operator).status == 403)
            // There is no file here.
            #expect(try await pages.post("/admin/policy/reload", [:], as: .admin).status == 409)
        }
    }

    @Test("a policy file is read again with an audit entry")
    func reload() async throws {
        let reload: @Sendable () async throws -> Policy = { Policy() }
        try await PagesHarness.run(reloadPolicy: reload) { pages in
            let page = try await pages.get("/admin/policy", as: .admin)
            #expect(page.text.contains("action=\"/admin/policy/reload\""))
            let reply = try await pages.post("/admin/policy/reload", [:], as: .admin)
            #expect(reply.status == 303 && reply.headers[.location] == "/admin/policy?did=reloaded")
            #expect(try await pages.acts(.reloadPolicy).map(\.outcome) == [AuditEntry.done])
        }
    }

    @Test("all errors of a policy file are shown, a line for each")
    func wrongFile() async throws {
        let wrong = UnstickError(.invalidInput, "it:2: this must be a list.\nit:3: there is no 'timeot' here.")
        let reload: @Sendable () async throws -> Policy = { throw wrong }
        try await PagesHarness.run(reloadPolicy: reload) { pages in
            let reply = try await pages.post("/admin/policy/reload", [:], as: .admin)
            #expect(reply.status == 422 && reply.text.contains("Nothing was changed"))
            #expect(
                reply.text.contains("<p>it:2: this must be a list.</p><p>it:3: there is no &#39;timeot&#39; here.</p>")
            )
            #expect(try await pages.acts(.reloadPolicy).first?.outcome == "refused: invalid_input")
        }
    }
}

extension PastJob {
    fileprivate static func completed(_ id: String, _ kind: String, _ tier: String?, _ took: Duration) -> PastJob {
        let start = Timestamp(milliseconds: 1_000_000)
        return PastJob(
            id: id,
            kind: kind,
            tier: tier,
            tokensCost: 1,
            createdAt: start,
            startedAt: start,
            endedAt: start + took,
            outcome: .completed
        )
    }
}
