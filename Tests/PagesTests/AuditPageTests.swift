import TestTags
import Testing
import Unstick
import UnstickSQLite
import UnstickServer

@testable import UnstickPages

@Suite("Audit page", .tags(.alone))
struct AuditPageTests {
    private static func act(
        _ action: AuditAction,
        _ subject: String? = nil,
        who: String = "hopper",
        detail: String? = nil
    ) -> AuditRequest {
        AuditRequest(
            who: who,
            role: .operator,
            channel: .page,
            address: "10.0.0.7",
            action: action,
            subject: subject,
            detail: detail
        )
    }

    @Test("an entry shows the actor, the action, the origin and the outcome")
    func entry() async throws {
        try await PagesHarness.run { pages in
            try await pages.store.note(Self.act(.retryJob, "job-1", detail: "the vendor is back"), outcome: "done")
            let page = try await pages.get("/admin/audit?who=hopper", as: .viewer)
            #expect(page.status == 200 && page.text.contains("hopper <small>operator</small>"))
            #expect(page.text.contains(#"<td data-label="Action">job.retry</td>"#))
            #expect(page.text.contains("the vendor is back") && page.text.contains(">page, 10.0.0.7</td>"))
            #expect(page.text.contains(#"<span class="status good">done</span>"#))
        }
    }

    @Test("refused actions, and those with an unknown outcome, are highlighted")
    func outcomes() async throws {
        try await PagesHarness.run { pages in
            await #expect(throws: UnstickError.self) {
                try await pages.store.audited(Self.act(.adjustTokens, "ada")) { () -> Int in
                    throw UnstickError(.insufficientTokens, "Too few.")
                }
            }
            let now = try await pages.store.now()
            let cut = AuditEntry(id: RandomID.timeOrdered(at: now), at: now, act: Self.act(.cleanUp))
            try await pages.store.begin(cut)
            let page = try await pages.get("/admin/audit?who=hopper", as: .viewer)
            #expect(page.text.contains(#"<span class="status bad">refused: Too few.</span>"#))
            #expect(page.text.contains(#"<span class="status warning">Unknown"#))
        }
    }

    @Test(
        "the subject links to its page, if it has one",
        arguments: [
            (AuditAction.failJob, "a/b", "/admin/jobs/a%2Fb"), (.grantTokens, "ada", "/admin/users/ada"),
            (.changeWebhook, "hook-1", "/admin/webhooks/hook-1"),
            (.replayDeliveries, "hook-1", "/admin/webhooks/hook-1"), (.startBulk, "bulk-1", "/admin/bulk/bulk-1"),
            (.createToken, "ci", nil), (.removeWebhook, "hook-1", nil),
        ] as [(AuditAction, String, String?)]
    )
    func subjects(action: AuditAction, subject: String, href: String?) async throws {
        try await PagesHarness.run { pages in
            try await pages.store.note(Self.act(action, subject))
            let page = try await pages.get("/admin/audit?who=hopper", as: .viewer)
            let link = href.map { #"<a class="id" href="\#($0)">\#(subject)</a>"# }
            #expect(page.text.contains(link ?? #"<span class="id">\#(subject)</span>"#))
        }
    }

    @Test("entries by actor and by action; an empty list says why")
    func filters() async throws {
        try await PagesHarness.run { pages in
            try await pages.store.note(Self.act(.retryJob, "job-1"))
            try await pages.store.note(Self.act(.failJob, "job-2"))
            try await pages.store.note(Self.act(.retryJob, "job-3", who: "lovelace"))
            func rows(_ query: String) async throws -> Int {
                try await pages.get("/admin/audit?" + query, as: .viewer).text.ranges(of: #"data-label="Who""#).count
            }
            #expect(try await rows("who=hopper&action=") == 2)
            #expect(try await rows("who=&action=job.retry") == 2)
            #expect(try await rows("who=hopper&action=job.fail") == 1)
            let none = try await pages.get("/admin/audit?who=Hopper", as: .viewer)
            #expect(none.text.contains("No entry matches this filter.") && none.text.contains(">Clear</a>"))
            #expect(try await pages.get("/admin/audit?action=job.steal", as: .viewer).status == 400)
            #expect(try await pages.get("/admin/audit?cursor=%01", as: .viewer).status == 400)
        }
    }

    @Test("entries page by page, each once, newest first")
    func pages() async throws {
        try await PagesHarness.run { pages in
            let now = try await pages.store.now()
            for number in 1...60 {
                let at = now - .seconds(100 - number)
                let act = Self.act(.retryJob, "job-\(number)")
                try await pages.store.begin(AuditEntry(id: RandomID.timeOrdered(at: at), at: at, act: act))
            }
            let first = try await pages.get("/admin/audit?who=hopper", as: .viewer)
            let next = try #require(first.text.firstMatch(of: /href="([^"]+)" rel="next"/)?.1)
            #expect(next.hasPrefix("/admin/audit?who=hopper&amp;cursor="))
            let second = try await pages.get(String(next).replacing("&amp;", with: "&"), as: .viewer)
            let seen = (first.text + second.text).matches(of: /href="\/admin\/jobs\/job-([0-9]+)"/).map { Int($0.1) }
            #expect(seen == (1...60).reversed())
            #expect(
                !second.text.contains("rel=\"next\"") && second.text.contains(#"href="/admin/audit?who=hopper">Newest"#)
            )
        }
    }

    @Test("names and details with any characters are shown unchanged")
    func hostile() async throws {
        try await PagesHarness.run { pages in
            let hostile = #""><script>alert(1)</script>"#
            try await pages.store.note(
                Self.act(.failJob, hostile, who: hostile, detail: hostile),
                outcome: "refused: \(hostile)"
            )
            let page = try await pages.get("/admin/audit?who=" + hostile.queryEncoded, as: .viewer)
            #expect(page.status == 200 && !page.text.contains("<script>alert"))
            // The field of the filter, the name, the subject, the detail and the outcome.
            #expect(page.text.ranges(of: "&quot;&gt;&lt;script&gt;alert(1)").count == 5)
        }
    }
}
