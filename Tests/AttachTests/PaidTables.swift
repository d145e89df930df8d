import Testing
import UnstickPostgres

/// A team's jobs, balances and ledger, as an app with an ORM creates them.
enum PaidTables {
    /// - Parameter time: the type of a time.
    static func schema(_ time: String = "timestamp(3)") -> String {
        """
        CREATE TABLE "Usr" (id text PRIMARY KEY, tokens bigint);
        CREATE TABLE "Job" (id text PRIMARY KEY, "userId" text, cost numeric, status varchar(20) NOT NULL,
            "startedAt" \(time), "updatedAt" \(time), error text);
        CREATE TABLE "Txn" (id text PRIMARY KEY, "userId" text NOT NULL, amount int NOT NULL, type text NOT NULL,
            "jobId" text, "balanceAfter" bigint, "createdAt" timestamp(3));
        """
    }

    static func mapping(
        _ kind: String = "timestamp_utc",
        table: String = "Job",
        extra: String = ""
    ) throws -> MappingFile {
        try MappingFile(
            """
            {"jobs": {"table": "\(table)", "id": "id", "user": "userId", "cost": "cost",
                "state": {"column": "status", "values": {"pending": ["PENDING"], "processing": ["PROCESSING"],
                    "completed": ["COMPLETED"], "failed": ["FAILED"]}},
                "started": {"column": "startedAt", "kind": "\(kind)"},
                "updated": {"column": "updatedAt", "kind": "\(kind)"}, "error": {"column": "error", "kind": "text"}\(extra)},
             "balances": {"table": "Usr", "user": "id", "balance": "tokens"},
             "ledger": {"table": "Txn", "id": "id", "user": "userId", "amount": "amount",
                "type": {"column": "type", "value": "REFUND"}, "job": "jobId", "balanceAfter": "balanceAfter",
                "created": {"column": "createdAt", "kind": "timestamp_utc"}}}
            """
        )
    }

    /// A database with these tables, and a stuck job for each user: `j-USER`, of 5 tokens.
    static func with(users: [String: String], _ body: (Attached) async throws -> Void) async throws {
        try await Attached.with { database in
            try database.sql(Self.schema())
            for (user, balance) in users {
                try database.sql(
                    """
                    INSERT INTO "Usr" VALUES ('\(user)', \(balance));
                    INSERT INTO "Job" VALUES ('j-\(user)', '\(user)', 5, 'PROCESSING',
                        now() AT TIME ZONE 'utc' - interval '1 hour', now(), NULL)
                    """
                )
            }
            try await body(database)
        }
    }
}

extension Attached {
    func tokens(_ user: String) throws -> String {
        try self.sql("SELECT coalesce(tokens::text, 'NULL') FROM \"Usr\" WHERE id = '\(user)'")
    }

    func status(_ job: String) throws -> String {
        try self.sql("SELECT status FROM \"Job\" WHERE id = '\(job)'")
    }
}
