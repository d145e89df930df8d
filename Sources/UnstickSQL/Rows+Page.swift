import Foundation
package import Unstick

// Converts the rows of the admin UI to values, and values to arguments.

extension Session {
    package init(row: some StoredRow) throws {
        self.init(
            digest: row.bytes("digest"),
            name: try row.text(required: "name"),
            role: try row.word("role"),
            credential: try row.text(required: "credential"),
            at: try row.timestamp(required: "created_at"),
            expiresAt: try row.timestamp(required: "expires_at")
        )
        self.seenAt = try row.timestamp(required: "seen_at")
    }

    /// The values of ``SessionStatements/insert``, without the time.
    package var arguments: SQLArguments {
        [
            "digest": .bytes(self.digest), "name": .text(self.name), "role": .text(self.role.rawValue),
            "credential": .text(self.credential), "createdAt": .integer(self.createdAt.milliseconds),
            "expiresAt": .integer(self.expiresAt.milliseconds),
        ]
    }

    /// The values of ``SessionStatements/find`` and ``SessionStatements/see``, without the time.
    package static func arguments(_ digest: [UInt8]) -> SQLArguments {
        ["digest": .bytes(digest), "idle": .integer(Session.idle.inMilliseconds)]
    }
}

extension AuditEntry {
    package init(row: some StoredRow) throws {
        self.init(
            id: try row.text(required: "id"),
            at: try row.timestamp(required: "at"),
            act: AuditRequest(
                who: try row.text(required: "who"),
                role: row.text("role").flatMap { Role(rawValue: $0) },
                channel: try row.word("door"),
                address: row.text("address"),
                action: try row.word("action"),
                subject: row.text("subject"),
                detail: row.text("detail")
            ),
            outcome: row.text("outcome")
        )
    }

    /// The values of ``AuditStatements/begin``.
    package var arguments: SQLArguments {
        [
            "id": .text(self.id), "at": .integer(self.at.milliseconds), "who": .text(self.act.who),
            "role": SQLValue(self.act.role?.rawValue), "door": .text(self.act.channel.rawValue),
            "address": SQLValue(self.act.address), "action": .text(self.act.action.rawValue),
            "subject": SQLValue(self.act.subject), "detail": SQLValue(self.act.detail),
        ]
    }
}

extension AuditFilter {
    /// The values of ``AuditStatements/list(_:end:)`` and ``AuditStatements/windowEnd``.
    package func arguments(before: String?, limit: Int) -> SQLArguments {
        // Ids are hexadecimal, so all of them sort before a "g".
        [
            "before": .text(before ?? "g"), "who": SQLValue(self.who), "action": SQLValue(self.action?.rawValue),
            "subject": SQLValue(self.subject), "limit": .integer(limit), "window": .integer(Limits.window - 1),
        ]
    }
}

extension BulkAction {
    package init(row: some StoredRow) throws {
        let filter = Data(try row.text(required: "filter").utf8)
        guard let filter = try? JSONDecoder().decode(JobFilter.self, from: filter) else {
            throw UnstickError(.schemaMismatch, "The filter of an action on many jobs cannot be read.")
        }
        self.init(
            id: try row.text(required: "id"),
            kind: try row.word("kind"),
            filter: filter,
            by: try row.text(required: "asked_by"),
            reason: row.text("reason"),
            expected: try row.integer(required: "expected"),
            at: try row.timestamp(required: "created_at")
        )
        self.status = try row.word("status")
        self.updatedAt = try row.timestamp(required: "updated_at")
        self.done = try row.integer(required: "done")
        self.skipped = try row.integer(required: "skipped")
        self.failed = try row.integer(required: "failed")
        self.lastFailedJob = row.text("last_failed_job")
        self.lastError = row.text("last_error")
        self.cursor = row.timestamp("cursor_moment").map { JobCursor(time: $0, id: row.text("cursor_id") ?? "") }
    }

    /// The values of ``BulkStatements/insert`` and ``BulkStatements/save``, without the holder.
    package var arguments: SQLArguments {
        get throws {
            [
                "id": .text(self.id), "kind": .text(self.kind.rawValue),
                "filter": .text(String(decoding: try JSONEncoder().encode(self.filter), as: UTF8.self)),
                "by": .text(self.by), "reason": SQLValue(self.reason), "status": .text(self.status.rawValue),
                "createdAt": .integer(self.createdAt.milliseconds), "expected": .integer(self.expected),
                "done": .integer(self.done), "skipped": .integer(self.skipped), "failed": .integer(self.failed),
                "lastFailedJob": SQLValue(self.lastFailedJob), "lastError": SQLValue(self.lastError),
                "time": SQLValue(self.cursor?.time.milliseconds),
                "cursor": SQLValue(self.cursor?.id),
            ]
        }
    }
}

extension Lease {
    package init(row: some StoredRow) throws {
        self.init(
            attempt: try row.integer(required: "attempt"),
            beatAt: try row.timestamp(required: "beat_at"),
            progress: Double(try row.integer(required: "progress")) / 1_000_000,
            message: row.text("message")
        )
    }
}

extension [RunningAges] {
    /// Groups the rows of ``JobStatements/runningAges(edges:)``, in their order.
    package init(rows: [any StoredRow], ranges: Int) throws {
        self = []
        for row in rows {
            let kind = try JobKind(row: row)
            let oldest = try row.timestamp(required: "oldest")
            if self.last?.kind != kind {
                self.append(RunningAges(kind: kind, counts: [Int](repeating: 0, count: ranges), oldest: oldest))
            }
            let last = self.count - 1
            self[last].counts[try row.integer(required: "ages")] = try row.integer(required: "jobs")
            self[last].oldest = Swift.min(self[last].oldest, oldest)
        }
    }
}
