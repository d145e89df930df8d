import TestSupport
import TestTags
import Testing
import Unstick

@testable import UnstickPages

@Suite("Job page", .tags(.alone))
struct JobPageTests {
    @Test("the timeline shows the requests with their actors, and the actor of a ledger line")
    func actors() async throws {
        try await PagesHarness.run { pages in
            try await pages.store.addStuckJobs(["job"])
            let reason = ["reason": "the vendor is down"]
            #expect(try await pages.post("/admin/jobs/job/fail", reason, as: .operator).status == 303)
            let page = try await pages.get("/admin/jobs/job", as: .viewer)
            let timeline = try #require(page.text.firstMatch(of: /(?s)<ol class="timeline".*?<\/ol>/)).output
            let entries = timeline.split(separator: "<li").filter { $0.contains("By: the-operator") }
            #expect(entries.count == 2, "\(timeline)")
            #expect(entries[0].contains("Failure requested") && entries[0].contains("the vendor is down; done"))
            #expect(entries[1].contains("Refunded"))
        }
    }
}
