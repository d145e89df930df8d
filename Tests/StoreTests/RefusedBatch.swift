import TestSupport
import Testing
import Unstick

@testable import StoreSuite

/// A batch of four jobs, in which the last statement about a table fails on the last job.
struct RefusedBatch {
    static let tables = ["jobs", "token_transactions", "run_items", "webhook_deliveries", "runs", "balances"]

    let table: String

    /// What the trigger of the test refuses.
    var refused: (event: String, condition: String) {
        switch self.table {
        case "jobs": ("UPDATE", "NEW.id = 'job-3'")
        case "token_transactions": ("INSERT", "NEW.source_id = 'job-3'")
        case "run_items": ("INSERT", "NEW.job_id = 'job-3' AND NEW.action <> 'ERROR'")
        case "webhook_deliveries": ("INSERT", "NEW.subject = 'job-3'")
        case "balances": ("UPDATE", "NEW.user_id = 'user-3'")
        default: ("INSERT", "NEW.cleaned_up = 4")
        }
    }

    /// Expects the three other jobs to be cleaned, and the last one when the trigger is gone.
    func expectNoPartialResult(
        in store: some Store,
        refuse: () async throws -> Void,
        accept: () async throws -> Void
    ) async throws {
        try await store.put(.fixture(events: ["job.*"]))
        try await store.add((0..<4).map { JobFixture(id: "job-\($0)", user: "user-\($0)") })
        try await refuse()
        let result = try? await Cleaner(store).cleanupStuckJobs()
        try await accept()
        try await store.expectClean()
        #expect(result?.cleanedUp == 3 && result?.errors.map(\.jobID) == ["job-3"])
        #expect(try await store.status("job-3") == .processing)
        #expect(try await store.balance(of: "user-3") == 0)
        let rest = try await Cleaner(store).cleanupStuckJobs()
        #expect(rest.failed == 0 && rest.cleanedUp + (result?.cleanedUp ?? 0) == 4)
        for user in 0..<4 { #expect(try await store.balance(of: "user-\(user)") == 8) }
        try await store.expectClean()
    }
}
