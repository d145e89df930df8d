import Foundation
import GRDB
import Unstick

// How rows become values, and values arguments. Columns are read by name; every statement names them alike.

extension Timestamp {
    fileprivate init(_ milliseconds: Int) { self.init(milliseconds: milliseconds) }
}

extension StuckJob {
    init(row: Row, now: Timestamp, limit: Duration) {
        let started: Int? = row["started_at"]
        let updated = Timestamp(row["updated_at"])
        let since = started.map { Timestamp($0) } ?? updated
        self.init(
            id: row["id"],
            userID: row["user_id"],
            kind: row["kind"],
            tier: row["tier"],
            tokensCost: row["cost"],
            attempt: row["attempt"],
            processingStartedAt: started.map { Timestamp($0) },
            updatedAt: updated,
            stuckFor: now - since,
            limit: limit
        )
    }
}

extension Job {
    init(row: Row) throws {
        let started: Int? = row["processing_started_at"]
        let completed: Int? = row["processing_completed_at"]
        self.init(
            id: row["id"],
            userID: row["user_id"],
            kind: row["kind"],
            tier: row["tier"],
            tokensCost: row["cost"],
            status: try known(row["status"]),
            attempt: row["attempt"],
            charge: row["charge"],
            errorMessage: row["error_message"],
            createdAt: Timestamp(row["created_at"]),
            processingStartedAt: started.map { Timestamp($0) },
            updatedAt: Timestamp(row["updated_at"]),
            processingCompletedAt: completed.map { Timestamp($0) }
        )
    }
}

extension TokenTransaction {
    init(row: Row) throws {
        self.init(
            id: row["id"],
            userID: row["user_id"],
            sequence: row["sequence"],
            amount: row["amount"],
            kind: try known(row["type"]),
            source: row["source"],
            sourceID: row["source_id"],
            balanceAfter: row["balance_after"],
            metadata: row["metadata"],
            createdAt: Timestamp(row["created_at"])
        )
    }
}

extension Run {
    init(row: Row) throws {
        let duration: Int? = row["duration_ms"]
        self.init(
            id: row["id"],
            trigger: RunTrigger(stored: row["trigger"]),
            status: try known(row["status"]),
            dryRun: row["dry_run"],
            timeout: .milliseconds(row["timeout_ms"] as Int),
            batchSize: row["batch_size"],
            totalFound: row["total_found"],
            cleanedUp: row["cleaned_up"],
            failed: row["failed"],
            tokensRefunded: row["tokens_refunded"],
            more: row["more"],
            error: row["error"],
            startedAt: Timestamp(row["started_at"]),
            updatedAt: Timestamp(row["updated_at"]),
            duration: duration.map { .milliseconds($0) }
        )
    }

    var arguments: StatementArguments {
        [
            "id": self.id, "trigger": self.trigger.description, "status": self.status.rawValue, "dryRun": self.dryRun,
            "timeout": self.timeout.inMilliseconds, "batchSize": self.batchSize, "totalFound": self.totalFound,
            "cleanedUp": self.cleanedUp, "failed": self.failed, "tokensRefunded": self.tokensRefunded,
            "more": self.more, "error": self.error, "startedAt": self.startedAt.milliseconds,
            "updatedAt": self.updatedAt.milliseconds, "duration": self.duration?.inMilliseconds,
        ]
    }
}

extension RunItem {
    /// Reads by the order of the columns: a pass does this for every job it takes.
    init(row: Row, limit: Duration) {
        let duration = Duration.milliseconds(row[9] as Int)
        self.init(
            position: row[0],
            jobID: row[1],
            userID: row[2],
            kind: row[3],
            tier: row[4],
            attempt: row[5],
            since: Timestamp(row[6]),
            action: Action(rawValue: row[7]) ?? .error,
            tokensRefunded: row[8],
            processingDuration: duration,
            limit: limit,
            error: row[10]
        )
    }

    func arguments(run: String) -> StatementArguments {
        [
            "run": run, "position": self.position, "user": self.userID, "job": self.jobID, "kind": self.kind,
            "tier": self.tier, "attempt": self.attempt, "since": self.since.milliseconds,
            "duration": self.processingDuration.inMilliseconds, "amount": self.tokensRefunded,
            "action": self.action.rawValue, "error": self.error,
        ]
    }
}

extension AccessToken {
    init(row: Row) throws {
        let revoked: Int? = row["revoked_at"]
        self.init(
            id: row["id"],
            name: row["name"],
            role: try known(row["role"]),
            digest: [UInt8](row["digest"] as Data),
            createdAt: Timestamp(row["created_at"]),
            revokedAt: revoked.map { Timestamp($0) }
        )
    }
}

/// A stored word as a case of its enum.
///
/// - Throws: `schemaMismatch` for a word that this version does not know.
private func known<Value: RawRepresentable<String>>(_ word: String) throws -> Value {
    guard let value = Value(rawValue: word) else {
        throw UnstickError(
            .schemaMismatch,
            "The database holds a \(Value.self) '\(word)' that this version does not know."
        )
    }
    return value
}
