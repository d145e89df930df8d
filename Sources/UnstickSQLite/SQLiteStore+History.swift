import GRDB
public import Unstick
import UnstickSQL

extension SQLiteStore {
    /// The run, or `nil`.
    public func run(_ id: String) async throws -> Run? {
        try await self.read { db in
            try Row.fetchOne(db.cachedStatement(sql: RunStatements.find), arguments: ["id": id]).map {
                try Run(row: $0)
            }
        }
    }

    /// Runs, newest first.
    public func runs(before: String?, limit: Int) async throws -> [Run] {
        try await self.read { db in
            // Run ids are hexadecimal: all of them sort before a "g".
            try Row.fetchAll(
                db.cachedStatement(sql: RunStatements.list),
                arguments: ["before": before ?? "g", "limit": limit]
            ).map { try Run(row: $0) }
        }
    }

    /// The last pass that went through.
    public func lastSuccess() async throws -> Run? {
        try await self.read { db in
            try Row.fetchOne(db.cachedStatement(sql: RunStatements.lastSuccess)).map { try Run(row: $0) }
        }
    }

    /// What passes that began since a moment did together.
    public func totals(since: Timestamp) async throws -> PassTotals {
        try await self.read { db in
            let statement = try db.cachedStatement(sql: RunStatements.totals)
            return try Row.fetchOne(statement, arguments: ["first": RandomID.first(at: since)])
                .map { try PassTotals(row: $0) } ?? PassTotals(cleanedUp: 0, tokensRefunded: 0)
        }
    }

    /// What a run did with each job, in its order.
    public func items(of runID: String, after position: Int, limit: Int) async throws -> [RunItem] {
        try await self.read { db in
            try Self.items(
                RunStatements.items,
                ["run": runID, "position": position, "limit": limit],
                in: db
            )
        }
    }
}
