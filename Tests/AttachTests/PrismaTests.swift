import TestSupport
import TestTags
import Testing
import Unstick
import UnstickPostgres

@Suite("Prisma tables", .tags(.alone), .enabled(if: Attached.isPossible))
struct PrismaTests {
    private func with(_ body: (Attached, PostgresStore) async throws -> Void) async throws {
        try await Attached.with(schema: "prisma") { database in
            // The time zone of the server must not matter.
            try database.sql(
                "DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' SET timezone = ''America/New_York'''; END $$"
            )
            try database.sql(
                """
                SET timezone = 'UTC';
                INSERT INTO "User" (id, tokens, "updatedAt") VALUES ('ada', 10, now()), ('o''brien "日本"', 0, now());
                INSERT INTO "ImageEnhancementJob"
                    (id, "imageId", "userId", tier, "tokensCost", status, "processingStartedAt", "updatedAt", "retryCount")
                VALUES
                    ('stuck', 'i', 'ada', 'TIER_2K', 5, 'PROCESSING', now() - interval '10 minutes', now(), 1),
                    ('unstarted', 'i', 'ada', 'TIER_1K', 2, 'PROCESSING', NULL, now() - interval '9 minutes', 0),
                    ('it''s "Zürich"', 'i', 'o''brien "日本"', 'TIER_4K', 7, 'PROCESSING', now() - interval '1 hour', now(), 0),
                    ('free', 'i', 'ada', 'TIER_1K', 0, 'PROCESSING', now() - interval '20 minutes', now(), 0),
                    ('live', 'i', 'ada', 'TIER_4K', 9, 'PROCESSING', now() - interval '2 minutes', now(), 0),
                    ('done', 'i', 'ada', 'TIER_4K', 9, 'COMPLETED', now() - interval '2 hours', now(), 0),
                    ('waiting', 'i', 'ada', 'TIER_4K', 9, 'PENDING', NULL, now() - interval '2 hours', 0);
                """
            )
            try await body(database, database.store(Preset.named("prisma").mapping))
        }
    }

    @Test("finding uses the times in UTC, in any time zone of the server")
    func finding() async throws {
        try await self.with { _, store in
            let found = try await Cleaner(store).findStuckJobs()
            #expect(found.map(\.id) == ["it's \"Zürich\"", "free", "stuck", "unstarted"])
            #expect(found[2].userID == "ada" && found[2].tokensCost == 5 && found[2].tier == "TIER_2K")
            #expect(found[2].attempt == 1 && found[2].kind == "image-enhancement")
            #expect((600...700).contains(found[2].stuckFor.inMilliseconds / 1000))
            #expect(found[3].processingStartedAt == nil)
        }
    }

    @Test("limits are learned from the team's own jobs, if the mapping has their end")
    func learning() async throws {
        try await self.with { database, store in
            try database.sql(
                """
                UPDATE "ImageEnhancementJob"
                SET "processingCompletedAt" = "processingStartedAt" + interval '90 seconds' WHERE id = 'done'
                """
            )
            let jobs = try await store.pastJobs(since: nil, into: [PastJob]()) { $0.append($1) }
            #expect(jobs.count == 7 && jobs.filter { $0.outcome == .completed }.map(\.duration) == [.seconds(90)])
            #expect(jobs.filter { $0.outcome == .waiting }.map(\.id) == ["waiting"])
            #expect(jobs.first { $0.id == "done" }?.tokensCost == 9)
            var mapping = try Preset.named("prisma").mapping
            mapping.jobs.completed = nil
            let silent = try await database.store(mapping)
            await #expect(throws: UnstickError.self) {
                _ = try await silent.pastJobs(since: nil, into: 0) { count, _ in count += 1 }
            }
        }
    }

    @Test("a run fails the jobs, changes the team's balances and writes the team's ledger, once")
    func cleaning() async throws {
        try await self.with { database, store in
            let result = try await Cleaner(store).cleanupStuckJobs()
            #expect(result.cleanedUp == 4 && result.failed == 0 && result.tokensRefunded == 14)
            let jobs = try database.sql(
                """
                SELECT id, status, "errorMessage" IS NOT NULL, "processingCompletedAt" = "updatedAt",
                    abs(extract(epoch FROM (now() AT TIME ZONE 'UTC') - "updatedAt")) < 60
                FROM "ImageEnhancementJob" WHERE status = 'FAILED' ORDER BY id
                """
            )
            #expect(
                jobs.split(separator: "\n").map(String.init) == [
                    "free|FAILED|t|t|t", "it's \"Zürich\"|FAILED|t|t|t", "stuck|FAILED|t|t|t", "unstarted|FAILED|t|t|t",
                ]
            )
            #expect(
                try database.sql("SELECT \"errorMessage\" FROM \"ImageEnhancementJob\" WHERE id = 'stuck'")
                    .hasSuffix("s. Automatically cleaned up and tokens refunded.")
            )
            #expect(try database.sql("SELECT tokens FROM \"User\" ORDER BY id") == "17\n7")
            let lines = try database.sql(
                """
                SELECT id, "userId", amount, type, source, "sourceId", "balanceAfter", metadata ? 'runId'
                FROM "TokenTransaction" ORDER BY "userId", "balanceAfter"
                """
            )
            #expect(lines.split(separator: "\n").count == 3)
            let source = try #require(try await store.makeSource()?.id)
            #expect(lines.contains("refund:\(source):stuck:1|ada|5|REFUND|enhancement_failed|stuck|15|t"))
            #expect(lines.contains("refund:\(source):unstarted:1|ada|2|REFUND|enhancement_failed|unstarted|17|t"))
            #expect(try await Cleaner(store).cleanupStuckJobs().totalFound == 0)
            #expect(try await store.reconcile(limit: 10).isClean)
            #expect(try await store.items(of: result.runID, after: 0, limit: 10).count == 4)
        }
    }

    @Test("a charge is refunded once, also when the job runs again without a new charge")
    func rerun() async throws {
        try await self.with { database, store in
            try await Cleaner(store).cleanupStuckJobs()
            try database.sql(
                """
                UPDATE "ImageEnhancementJob" SET status = 'PROCESSING', "processingStartedAt" = '2020-01-01' WHERE id = 'stuck'
                """
            )
            let again = try await Cleaner(store).cleanupStuckJobs()
            #expect(again.cleanedUp == 1 && again.tokensRefunded == 0)
            #expect(try database.sql("SELECT tokens FROM \"User\" WHERE id = 'ada'") == "17")
        }
    }

    @Test("a user without a balance affects only their own job")
    func noBalance() async throws {
        try await self.with { database, store in
            try database.sql(
                """
                ALTER TABLE "ImageEnhancementJob" DROP CONSTRAINT "ImageEnhancementJob_userId_fkey";
                UPDATE "ImageEnhancementJob" SET "userId" = 'nobody' WHERE id = 'stuck';
                """
            )
            let result = try await Cleaner(store).cleanupStuckJobs()
            #expect(result.cleanedUp == 3 && result.errors.map(\.jobID) == ["stuck"])
            #expect(result.errors.first?.error.contains("Its user has no balance") == true)
            #expect(try database.sql("SELECT status FROM \"ImageEnhancementJob\" WHERE id = 'stuck'") == "PROCESSING")
        }
    }

    @Test("a job can return to the queue instead; its charge stays")
    func retry() async throws {
        try await self.with { database, _ in
            let store = try await database.store(Preset.named("prisma").on(.retry))
            let result = try await Cleaner(store).cleanupStuckJobs()
            #expect(result.retried == 4 && result.cleanedUp == 0 && result.tokensRefunded == 0)
            #expect(
                try database.sql(
                    "SELECT status, \"retryCount\", \"processingStartedAt\" IS NULL FROM \"ImageEnhancementJob\" WHERE id = 'stuck'"
                ) == "PENDING|2|t"
            )
            #expect(try database.sql("SELECT tokens FROM \"User\" WHERE id = 'ada'") == "10")
        }
    }

    @Test("a fence stops a late worker from reviving a timed-out job, and nothing else")
    func fence() async throws {
        try await self.with { database, store in
            let mapping = try Preset.named("prisma").mapping
            let fence = try await store.fence(mapping: mapping)
            #expect(try await fence.isInstalled() == false)
            try await fence.install()
            try await fence.install()
            #expect(try await fence.isInstalled())
            try await Cleaner(store).cleanupStuckJobs()
            func move(_ id: String, to status: String) throws {
                try database.sql("UPDATE \"ImageEnhancementJob\" SET status = '\(status)' WHERE id = '\(id)'")
            }
            #expect(throws: (any Error).self) { try move("stuck", to: "COMPLETED") }
            #expect(throws: (any Error).self) { try move("stuck", to: "PROCESSING") }
            try move("stuck", to: "PENDING")
            try move("stuck", to: "PROCESSING")
            try move("live", to: "COMPLETED")
            try move("done", to: "FAILED")
            try move("done", to: "COMPLETED")
            try await fence.remove()
            #expect(try await fence.isInstalled() == false)
            try move("unstarted", to: "COMPLETED")
            let found = try await store.reconcile(limit: 10)
            #expect(found.mismatches.map(\.subject) == ["unstarted"])
            #expect(found.mismatches.first?.check == .refundOfCompleted)
        }
    }

    @Test("finding needs none of Unstick's own tables; cleaning reports that they are missing")
    func findingOnly() async throws {
        try await Attached.with(schema: "prisma") { database in
            let store = try await PostgresStore(url: database.url, mapping: Preset.named("prisma").mapping)
            #expect(try await Cleaner(store).stuckReport().totalFound == 0)
            let error = await #expect(throws: UnstickError.self) { try await Cleaner(store).cleanupStuckJobs() }
            #expect(error?.code == .schemaMismatch && error?.message.contains("unstick migrate") == true)
            #expect(try database.sql("SELECT count(*) FROM pg_namespace WHERE nspname = 'unstick'") == "0")
        }
    }
}
