import HTTPTypes
import Logging
import TestSupport
import TestTags
import Testing
import Unstick
import UnstickSQLite
import UnstickServer

@testable import UnstickPages

@Suite("User pages", .tags(.alone))
struct UserPageTests {
    private static let grant = ["kind": "grant", "amount": "100", "reason": "Welcome", "key": "key-1"]

    @Test("a grant is booked once, however often its form is sent, and each time has an audit entry")
    func grantOnce() async throws {
        try await PagesHarness.run { pages in
            let first = try await pages.post("/admin/users/ada/tokens", Self.grant, as: .admin)
            #expect(first.status == 303 && first.headers[.location] == "/admin/users/ada?did=booked")
            let second = try await pages.post("/admin/users/ada/tokens", Self.grant, as: .admin)
            #expect(second.status == 303 && second.headers[.location] == "/admin/users/ada?did=booked-before")
            #expect(try await pages.store.balance(of: "ada") == 100)
            let lines = try await pages.store.transactions(of: "ada", before: nil, limit: 10)
            #expect(lines.map(\.kind) == [.grant] && lines.map(\.id) == ["grant:key-1"])
            let entries = try await pages.entries(.grantTokens)
            #expect(entries.map(\.outcome) == ["booked before; nothing was booked again", AuditEntry.done])
            #expect(entries.allSatisfy { $0.act.subject == "ada" && $0.act.detail == "+100: Welcome" })
            #expect(entries.allSatisfy { $0.act.role == .admin && $0.act.channel == .page })
            let page = try await pages.get("/admin/users/ada?did=booked-before", as: .admin)
            #expect(page.text.contains("This is already booked; nothing was booked again."))
        }
    }

    @Test("each form has its own key, and a key that was used for something else books nothing")
    func keys() async throws {
        try await PagesHarness.run { pages in
            let page = try await pages.get("/admin/users/ada", as: .admin)
            let again = try await pages.get("/admin/users/ada", as: .admin)
            let keys = (page.text + again.text).matches(of: /name="key" value="([^"]+)"/).map { String($0.1) }
            #expect(keys.count == 4 && Set(keys).count == 4)
            _ = try await pages.post("/admin/users/ada/tokens", Self.grant, as: .admin)
            let other = Self.grant.merging(["amount": "101"]) { $1 }
            #expect(try await pages.post("/admin/users/ada/tokens", other, as: .admin).status == 409)
            let adjustment = Self.grant.merging(["kind": "adjust", "amount": "+1"]) { $1 }
            #expect(try await pages.post("/admin/users/ada/tokens", adjustment, as: .admin).status == 303)
            #expect(try await pages.store.balance(of: "ada") == 101)
        }
    }

    @Test("only an admin books or sees the forms", arguments: [Role.viewer, .operator])
    func roles(role: Role) async throws {
        try await PagesHarness.run { pages in
            let reply = try await pages.post("/admin/users/ada/tokens", Self.grant, as: role)
            #expect(reply.status == 403)
            let page = try await pages.get("/admin/users/ada", as: role)
            #expect(page.status == 200 && !page.text.contains("/tokens\""))
            #expect(try await pages.store.balance(of: "ada") == 0)
            #expect(try await pages.entries(.grantTokens).isEmpty)
        }
    }

    @Test(
        "an invalid field is reported, and nothing is booked or logged",
        arguments: [
            ["reason": ""], ["reason": "  "], ["reason": String(repeating: "x", count: 2001)], ["reason": "a\nb"],
            ["amount": ""], ["amount": "0"], ["amount": "-5"], ["amount": "+5"], ["amount": "1,5"], ["amount": "1.5"],
            ["amount": "1,0000"], ["amount": "ten"], ["amount": "１２"], ["amount": "9,007,199,254,740,992"],
            ["amount": "99999999999999999999"], ["kind": "adjust", "amount": "0"], ["kind": "adjust", "amount": "--5"],
            ["kind": "steal"], ["key": ""], ["key": String(repeating: "k", count: 201)],
        ]
    )
    func wrongFields(changed: [String: String]) async throws {
        try await PagesHarness.run { pages in
            let fields = Self.grant.merging(changed) { $1 }
            let reply = try await pages.post("/admin/users/ada/tokens", fields, as: .admin)
            #expect(reply.status == 400, "\(changed)")
            #expect(try await pages.store.transactions(of: "ada", before: nil, limit: 1).isEmpty)
            for action in [AuditAction.grantTokens, .adjustTokens] {
                #expect(try await pages.entries(action).isEmpty)
            }
        }
    }

    @Test("an adjustment below zero is refused with an audit entry, and one to zero is booked")
    func adjustment() async throws {
        try await PagesHarness.run { pages in
            try await TokenBalanceManager(store: pages.store).addTokens(1000, to: "ada")
            var fields = ["kind": "adjust", "amount": "-1,001", "reason": "charged twice", "key": "key-2"]
            let refused = try await pages.post("/admin/users/ada/tokens", fields, as: .admin)
            #expect(refused.status == 402 && refused.text.contains("1 are missing"))
            #expect(try await pages.store.balance(of: "ada") == 1000)
            // As users copy it from the page.
            fields["amount"] = "−1,000"
            let booked = try await pages.post("/admin/users/ada/tokens", fields, as: .admin)
            #expect(booked.status == 303)
            let line = try #require(try await pages.store.transactions(of: "ada", before: nil, limit: 1).first)
            #expect(line.kind == .adjustment && line.amount == -1000 && line.balanceAfter == 0)
            #expect(line.source == "admin" && line.reason == "charged twice")
            let outcomes = try await pages.entries(.adjustTokens).map { $0.outcome ?? "" }
            #expect(outcomes.first == AuditEntry.done && outcomes.last?.hasPrefix("refused: ") == true)
        }
    }

    @Test("the largest balance is exact, and one token more is refused")
    func largest() async throws {
        try await PagesHarness.run { pages in
            let all = Self.grant.merging(["amount": "9,007,199,254,740,991"]) { $1 }
            #expect(try await pages.post("/admin/users/ada/tokens", all, as: .admin).status == 303)
            let one = Self.grant.merging(["amount": "1", "key": "key-2"]) { $1 }
            let refused = try await pages.post("/admin/users/ada/tokens", one, as: .admin)
            #expect(refused.status == 400 && refused.text.contains("would exceed"))
            #expect(try await pages.store.balance(of: "ada") == 9_007_199_254_740_991)
            let page = try await pages.get("/admin/users/ada", as: .viewer)
            #expect(page.text.contains(#"<b class="count">9,007,199,254,740,991</b>"#))
            #expect(page.text.contains("+9,007,199,254,740,991"))
        }
    }

    @Test("the answer, the sums, and each line with the balance after it, page by page")
    func statement() async throws {
        try await PagesHarness.run { pages in
            let tokens = TokenBalanceManager(store: pages.store)
            try await tokens.addTokens(1000, to: "ada")
            for number in 1...58 { try await tokens.consumeTokens(8, from: "ada", for: "job-\(number)") }
            let none = try await pages.get("/admin/users/ada", as: .viewer)
            #expect(none.text.contains("No refund. This user has 59 transactions."))
            try await tokens.refundTokens(8, to: "ada", for: "job-58", reason: "The vendor refused it")
            let page = try await pages.get("/admin/users/ada", as: .viewer)
            #expect(page.text.contains("Yes: 8 tokens in 1 refund."))
            #expect(page.text.contains("464 <small>58 charges</small>"))
            #expect(
                page.text.contains(#"<b class="amount plus">+8</b>"#) && page.text.contains("The vendor refused it")
            )
            #expect(
                page.text.contains(
                    #"<b class="amount minus">−8</b></td><td data-label="Balance after" class="n">536</td>"#
                )
            )
            // The app stores these jobs itself.
            #expect(!page.text.contains("/admin/jobs/job-58"))
            #expect(page.text.ranges(of: #"data-label="Line""#).count == 50)
            #expect(page.text.contains("/admin/users/ada?cursor=11"))
            let rest = try await pages.get("/admin/users/ada?cursor=11", as: .viewer)
            #expect(rest.text.ranges(of: #"data-label="Line""#).count == 10)
            #expect(!rest.text.contains("cursor=") && rest.text.contains(">Newest</a>"))
            #expect(try await pages.get("/admin/users/ada?cursor=0", as: .viewer).status == 400)
        }
    }

    @Test("a refund is always shown, however many transactions follow")
    func oldRefund() async throws {
        try await PagesHarness.run { pages in
            let tokens = TokenBalanceManager(store: pages.store)
            try await tokens.addTokens(8, to: "ada")
            try await tokens.consumeTokens(8, from: "ada", for: "elsewhere")
            try await tokens.refundTokens(8, to: "ada", for: "elsewhere", reason: "it failed")
            try await pages.addCompletedJobs(Limits.window + 100, of: "ada")
            try await pages.addCompletedJobs(Limits.window + 100, of: "eve")
            let page = try await pages.get("/admin/users/ada", as: .viewer)
            #expect(page.text.contains("Yes: 8 tokens in 1 refund.") && !page.text.contains("Not refunded"))
            #expect(page.text.contains("5,108 <small>5,101 charges</small>") && page.text.contains("it failed"))
            let other = try await pages.get("/admin/users/eve", as: .viewer)
            #expect(other.text.contains("No refund. This user has 5,101 transactions."))
        }
    }

    @Test("an id and a reason with any characters are shown unchanged")
    func hostile() async throws {
        try await PagesHarness.run { pages in
            let user = #"<script>alert(1)</script>&"'/../100%+"#
            let path = "/admin/users/" + user.pathEncoded
            let reason = #""><img src=x onerror=alert(1)>{{csrf}}"#
            let fields = Self.grant.merging(["reason": reason]) { $1 }
            let booked = try await pages.post(path + "/tokens", fields, as: .admin)
            #expect(booked.headers[.location] == path + "?did=booked")
            #expect(try await pages.store.balance(of: user) == 100)
            let page = try await pages.get(path, as: .admin)
            #expect(page.status == 200 && !page.text.contains("<script>alert") && !page.text.contains("<img src=x"))
            #expect(page.text.contains("&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&#39;/../100%+"))
            #expect(page.text.contains("&quot;&gt;&lt;img src=x onerror=alert(1)&gt;{{csrf}}"))
            let search = try await pages.get("/admin/users?id=" + user.queryEncoded, as: .viewer)
            #expect(search.status == 303 && search.headers[.location] == path)
            #expect(try await pages.get("/admin/users/%00", as: .viewer).status == 400)
        }
    }

    @Test("the search finds any user who has a transaction or a job, by the exact id")
    func search() async throws {
        try await PagesHarness.run { pages in
            try await TokenBalanceManager(store: pages.store).addTokens(1, to: "ada+test@example.com")
            _ = try await pages.store.create(NewJob(id: "free", userID: "grace", kind: "image", tokensCost: 0))
            for user in ["ada+test@example.com", "grace"] {
                let found = try await pages.get("/admin/users?id=" + user.queryEncoded, as: .viewer)
                #expect(found.status == 303 && found.headers[.location] == "/admin/users/" + user.pathEncoded)
            }
            let missed = try await pages.get("/admin/users?id=Grace", as: .viewer)
            #expect(missed.status == 200 && missed.text.contains("No user “Grace” has a transaction or a job."))
            let unknown = try await pages.get("/admin/users/nobody", as: .viewer)
            #expect(unknown.status == 200 && unknown.text.contains("This user has no transactions yet."))
        }
    }

    @Test("users who were refunded lately, once for each job")
    func recentRefunds() async throws {
        try await PagesHarness.run { pages in
            let empty = try await pages.get("/admin/users", as: .viewer)
            #expect(empty.text.contains("No recent refunds."))
            try await pages.store.addStuckJobs(["one", "two", "three"], users: 2)
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            try await Cleaner(store: pages.store, logger: logger).cleanupStuckJobs()
            let page = try await pages.get("/admin/users", as: .viewer)
            #expect(page.text.ranges(of: #"data-label="Job""#).count == 3)
            #expect(
                page.text.contains(#"href="/admin/users/user-1""#) && page.text.contains(#"href="/admin/jobs/two""#)
            )
        }
    }
}

extension PagesHarness {
    /// Imports delivered jobs, each with its charge.
    fileprivate func addCompletedJobs(_ count: Int, of user: String) async throws {
        let now = try await self.store.now()
        let batch = try await self.store.beginImport()
        let jobs = (1...count).map { number in
            Job(
                id: "\(user)-\(number)",
                userID: user,
                kind: "image",
                tokensCost: 1,
                status: .completed,
                attempt: 1,
                createdAt: now - .seconds(900),
                processingStartedAt: now - .seconds(600),
                updatedAt: now - .seconds(500),
                processingCompletedAt: now - .seconds(500)
            )
        }
        _ = try await batch.stage(jobs)
        _ = try await batch.commit { _, _ in }
    }

    /// The audit entries of an action, newest first.
    fileprivate func entries(_ action: AuditAction) async throws -> [AuditEntry] {
        try await self.store.auditEntries(AuditFilter(action: action), before: nil, limit: 100).rows
    }
}
