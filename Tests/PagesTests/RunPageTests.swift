import HTTPTypes
import Logging
import TestSupport
import TestTags
import Testing
import Unstick
import UnstickSQLite
import UnstickServer

@testable import UnstickPages

@Suite("Run pages", .tags(.alone))
struct RunPageTests {
    @Test("runs, newest first, by trigger and by result")
    func list() async throws {
        try await PagesHarness.run { pages in
            let empty = try await pages.get("/admin/runs", as: .viewer)
            #expect(empty.status == 200 && empty.text.contains("No runs yet"))
            try await pages.store.addStuckJobs(["one", "two"])
            let dry = try await pages.clean(CleanupOptions(dryRun: true), trigger: .admin("grace"))
            #expect(try await pages.get("/admin/runs", as: .viewer).lists([dry]))
            let real = try await pages.clean(trigger: .cli)
            let all = try await pages.get("/admin/runs", as: .viewer)
            #expect(all.lists([real, dry]) && !all.text.contains(">Clear</a>"))
            let row = #"<td data-label="Cleaned" class="n">2</td><td data-label="Retried" class="n">0</td>"#
            #expect(all.text.contains(row))
            #expect(try await pages.get("/admin/runs?status=DRY_RUN", as: .viewer).lists([dry], not: [real]))
            #expect(try await pages.get("/admin/runs?status=COMPLETED", as: .viewer).lists([real], not: [dry]))
            #expect(try await pages.get("/admin/runs?trigger=admin", as: .viewer).lists([dry], not: [real]))
            let none = try await pages.get("/admin/runs?trigger=cron&status=", as: .viewer)
            #expect(none.text.contains("No run matches this filter.") && none.text.contains(">Clear</a>"))
            for wrong in ["status=DONE", "trigger=me", "cursor=%00"] {
                #expect(try await pages.get("/admin/runs?" + wrong, as: .viewer).status == 400, "\(wrong)")
            }
        }
    }

    @Test("a filter searches a part of the list at a time, and says how far back")
    func searchedBack() async throws {
        try await PagesHarness.run { pages in
            let now = try await pages.store.now()
            let oldest = try await pages.record(at: now - .seconds(9000), trigger: .cli)
            for age in 1...Limits.window { _ = try await pages.record(at: now - .seconds(age), trigger: .scheduler) }
            let page = try await pages.get("/admin/runs?trigger=cli", as: .viewer)
            #expect(page.text.contains("No run matches among the runs since"))
            let next = try #require(page.text.firstMatch(of: /href="([^"]+)" rel="next"/)?.1)
            let further = try await pages.get(String(next).replacing("&amp;", with: "&"), as: .viewer)
            #expect(further.lists([oldest]) && further.text.contains(#"href="/admin/runs?trigger=cli">Newest</a>"#))
        }
    }

    @Test("one run with its jobs, actions and reasons, page by page")
    func detail() async throws {
        try await PagesHarness.run { pages in
            try await pages.store.addStuckJobs((1...60).map { "job-\($0)" }, users: 60)
            let id = try await pages.clean(CleanupOptions(force: true))
            let page = try await pages.get("/admin/runs/\(id)", as: .viewer)
            #expect(page.text.contains("Failed 60 stuck jobs and refunded 240 tokens."))
            #expect(page.text.ranges(of: #"data-label="Action""#).count == 50)
            #expect(page.text.contains("processing for 10m") && page.text.contains("<small>timeout 5m</small>"))
            #expect(!page.text.contains("Since then") && !page.text.contains("data-events"))
            let rest = try await pages.get("/admin/runs/\(id)?cursor=50", as: .viewer)
            #expect(rest.text.ranges(of: #"data-label="Action""#).count == 10)
            #expect(!rest.text.contains("rel=\"next\"") && rest.text.contains(">Newest</a>"))
            #expect(try await pages.get("/admin/runs/nope", as: .viewer).status == 404)
            #expect(try await pages.get("/admin/runs/\(id)?cursor=-1", as: .viewer).status == 400)
        }
    }

    @Test("a dry run is compared with what happened since")
    func dryRun() async throws {
        try await PagesHarness.run { pages in
            try await pages.store.addStuckJobs(["one", "two", "three"])
            let id = try await pages.clean(CleanupOptions(dryRun: true))
            let before = try await pages.get("/admin/runs/\(id)", as: .viewer)
            #expect(before.text.contains("None of 3 jobs ended differently than predicted."))
            #expect(
                before.text.ranges(of: #"<td data-label="Since then"><span class="status busy">Processing"#).count == 3
            )
            _ = try await pages.store.complete("two", attempt: 1)
            _ = try await pages.clean()
            let page = try await pages.get("/admin/runs/\(id)", as: .viewer)
            #expect(page.text.contains("1 of 3 jobs ended differently than predicted."))
            #expect(page.text.ranges(of: "not as predicted").count == 1)
            #expect(page.text.contains(#"Completed</span> <small>not as predicted</small>"#))
            #expect(page.text.ranges(of: #"<td data-label="Since then"><span class="status bad">Failed"#).count == 2)
        }
    }

    @Test("a held run shows the open holds, which callers who may clean approve or clear")
    func holds() async throws {
        try await PagesHarness.run { pages in
            try await pages.store.addStuckJobs((1...30).map { "job-\($0)" })
            let id = try await pages.clean()
            for path in ["/admin/runs/\(id)", "/admin/stuck"] {
                let page = try await pages.get(path, as: .operator)
                #expect(page.text.contains("30 of 30 running jobs look stuck at once"))
                #expect(page.text.contains("Approve: let runs clean them") && page.text.contains("Held: 30 jobs"))
                #expect(!(try await pages.get(path, as: .viewer).text.contains("Approve: let runs")))
            }
            let hold = try #require(try await pages.store.holds(.open, limit: 1).first)
            #expect(hold.seenAt != nil, "an operator has looked")
            let fields = try await pages.get("/admin/stuck", as: .operator).hiddenFields
            #expect(try await pages.post("/admin/holds/\(hold.id)/approve", fields, as: .viewer).status == 403)
            #expect(try await pages.post("/admin/holds/\(hold.id)/approve", fields, as: .operator).status == 303)
            #expect(try await pages.post("/admin/holds/\(hold.id)/clear", fields, as: .operator).status == 409)
            let page = try await pages.get("/admin/stuck?did=approved", as: .operator)
            #expect(page.text.contains("The hold is approved") && page.text.contains("Clean up now"))
            let run = try await pages.get("/admin/runs/\(try await pages.clean())", as: .operator)
            #expect(run.text.contains("job-30"))
        }
    }

    @Test("clean up now beside a kind filter takes that kind, also if the run is forced")
    func kinds() async throws {
        try await PagesHarness.run { pages in
            try await pages.store.addStuckJobs((1...30).map { "job-\($0)" })
            let kind = try #require(try await pages.store.job("job-1")?.kind)
            let none = try await pages.get("/admin/stuck?kind=other", as: .operator)
            #expect(none.text.contains("No job of kind &#39;other&#39; is stuck.") || none.text.contains("other"))
            #expect(!none.text.contains("Clean up now"))
            let page = try await pages.get("/admin/stuck?kind=\(kind)", as: .operator)
            #expect(page.text.contains("of kind") && page.hiddenFields["kinds"] == kind)
            let dry = try await pages.clean(CleanupOptions(dryRun: true, kinds: [kind, "other"]))
            let run = try await pages.get("/admin/runs/\(dry)", as: .operator)
            #expect(run.text.contains("Only kinds") && run.text.contains("\(kind), other"))
            var fields = page.hiddenFields.merging(["force": "true", "confirm": "force 30"]) { $1 }
            fields["kinds"] = "other"
            fields["confirm"] = "force 0"
            _ = try await pages.post("/admin/cleanup", fields, as: .operator)
            #expect(try await pages.store.job("job-1")?.status == .processing)
            fields["kinds"] = "other\r\n" + kind
            fields["confirm"] = "force 30"
            #expect(try await pages.post("/admin/cleanup", fields, as: .operator).status == 303)
            let last = try #require(try await pages.store.runs(before: nil, limit: 1).first)
            #expect(last.kinds == ["other", kind] && last.cleanedUp == 30)
        }
    }

    @Test("a run in progress is watched, and a failed one shows the reason")
    func states() async throws {
        try await PagesHarness.run { pages in
            let now = try await pages.store.now()
            let running = try await pages.record(at: now, trigger: .scheduler, status: .running)
            let page = try await pages.get("/admin/runs/\(running)", as: .viewer)
            #expect(page.text.contains("data-events=\"/admin/live?watch=run%3A\(running)\""))
            #expect(page.text.contains("The run has not taken a job yet."))
            let failed = try await pages.record(at: now, trigger: .cli, status: .failed, error: "<b>gone</b>")
            let other = try await pages.get("/admin/runs/\(failed)", as: .viewer)
            #expect(other.text.contains("&lt;b&gt;gone&lt;/b&gt;") && !other.text.contains("<b>gone</b>"))
            #expect(other.text.contains("The run failed before it took a job."))
        }
    }

    @Test("ids and triggers with any characters are shown unchanged")
    func hostile() async throws {
        try await PagesHarness.run { pages in
            let hostile = "<script>alert(1)</script>"
            try await pages.store.addStuckJobs([hostile])
            let id = try await pages.clean(trigger: .admin(hostile))
            for path in ["/admin/runs", "/admin/runs/\(id)"] {
                let page = try await pages.get(path, as: .operator)
                #expect(page.status == 200 && !page.text.contains(hostile))
                #expect(page.text.contains("&lt;script&gt;alert(1)"))
            }
        }
    }
}

extension PagesHarness {
    /// Makes a run, and returns the id of its record.
    fileprivate func clean(
        _ options: CleanupOptions = CleanupOptions(),
        trigger: RunTrigger = .library
    ) async throws -> String {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        return try await Cleaner(store: self.store, logger: logger).cleanupStuckJobs(options, trigger: trigger).runID
    }

    /// Records an empty run, and returns its id.
    fileprivate func record(
        at time: Timestamp,
        trigger: RunTrigger,
        status: Run.Status = .completed,
        error: String? = nil
    ) async throws -> String {
        var run = Run(
            id: RandomID.timeOrdered(at: time),
            trigger: trigger,
            options: CleanupOptions(),
            timeout: nil,
            startedAt: time
        )
        run.status = status
        run.error = error
        try await self.store.record(run, items: [])
        return run.id
    }
}

extension PagesHarness.Reply {
    /// Whether a list has these runs, in this order, and none of the others.
    fileprivate func lists(_ ids: [String], not others: [String] = []) -> Bool {
        let known = ids + others
        let listed = self.text.matches(of: /href="\/admin\/runs\/([0-9a-f-]+)"/).map { String($0.1) }
        return listed.filter { known.contains($0) } == ids
    }

    /// The hidden fields of the form.
    var hiddenFields: [String: String] {
        let fields = self.text.matches(of: /<input type="hidden" name="(\w+)" value="([^"]*)">/)
        return Dictionary(fields.map { (String($0.1), String($0.2)) }) { first, _ in first }
    }
}
