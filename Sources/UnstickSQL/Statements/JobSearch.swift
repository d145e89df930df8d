package import Unstick

/// The statements that list and count the jobs of a filter.
///
/// Conditions that an index serves limit what is read; other conditions are tested on the rows of a window, whose end
/// is found first, in the index alone.
package struct JobSearch {
    private let filter: JobFilter
    private let dialect: any SQLDialect

    package init(_ filter: JobFilter, _ dialect: any SQLDialect) {
        self.filter = filter
        self.dialect = dialect
    }

    /// Whether the query may read rows that do not match.
    package var isWindowed: Bool { !self.tried.isEmpty }

    /// Running jobs are few among all jobs, and an index orders them by their start.
    private var time: String {
        self.isByStart ? JobStatements.since(self.dialect) : "created_at"
    }

    private var isByStart: Bool { self.filter.status == .processing && self.filter.userID == nil }

    /// The place of a job in the list.
    package func place(of job: Job) -> JobCursor {
        JobCursor(time: self.isByStart ? job.processingStartedAt ?? job.updatedAt : job.createdAt, id: job.id)
    }

    /// The conditions that an index serves.
    ///
    /// Statuses are literals: a partial index serves no parameter.
    private var served: [String] {
        var conditions = ["\(self.time) <= :time", "(\(self.time) < :time OR id < :id)"]
        if self.filter.since != nil { conditions.append("\(self.time) >= :since") }
        if self.filter.userID != nil {
            conditions.append("user_id = :user")
        } else if let status = self.filter.status, Self.isIndexed(status) {
            conditions.append("status = '\(status.rawValue)'")
        }
        return conditions
    }

    private static func isIndexed(_ status: JobStatus) -> Bool { [.pending, .processing, .failed].contains(status) }

    /// The conditions that are tested on each row of the window.
    private var tried: [String] {
        var conditions: [String] = []
        if let status = self.filter.status, self.filter.userID != nil || !Self.isIndexed(status) {
            conditions.append(JobStatements.isStill(status))
        }
        // Written so that the index of the queue does not serve it, because that would read and sort all jobs of the
        // kind.
        if self.filter.kind != nil { conditions.append("coalesce(kind, '') = :kind") }
        if self.filter.tier != nil { conditions.append("tier = :tier") }
        if self.filter.kinds != nil {
            let rows = self.dialect.rows(of: ":kinds", [(name: "kind", isText: true), (name: "tier", isText: true)])
            let isSameTier = self.dialect.isSame("k.tier", "j.tier")
            conditions.append("EXISTS (SELECT 1 FROM (\(rows)) AS k WHERE k.kind = j.kind AND \(isSameTier))")
        }
        if self.filter.idPrefix != nil { conditions.append("id LIKE :idPrefix ESCAPE '\\'") }
        if self.filter.errorText != nil {
            conditions.append("lower(\(JobStatements.errorMessage)) LIKE :errorText ESCAPE '\\'")
        }
        return conditions
    }

    /// The last row of the window; none where fewer rows are left.
    package var windowEnd: String {
        "SELECT \(self.time) AS time, id FROM unstick.jobs AS j WHERE \(self.served.joined(separator: " AND ")) \(self.order) "
            + "LIMIT 1 OFFSET :window"
    }

    private var order: String { "ORDER BY \(self.time) DESC, id DESC" }

    /// The jobs that match.
    ///
    /// - Parameter end: whether the window ends at `:endTime` and `:endID`.
    package func list(end: Bool) -> String {
        "SELECT \(JobStatements.columns) FROM unstick.jobs AS j WHERE \(self.matching(end: end)) \(self.order) LIMIT :limit"
    }

    /// How many jobs match, and the sum of their costs.
    package func count(end: Bool) -> String {
        """
        SELECT count(*) AS jobs, CAST(coalesce(sum(cost), 0) AS bigint) AS tokens
        FROM unstick.jobs AS j WHERE \(self.matching(end: end))
        """
    }

    /// The kinds and tiers in the window.
    package func kinds(end: Bool) -> String {
        "SELECT DISTINCT kind, tier FROM unstick.jobs AS j WHERE \(self.bounded(end: end).joined(separator: " AND "))"
    }

    private func matching(end: Bool) -> String { (self.bounded(end: end) + self.tried).joined(separator: " AND ") }

    private func bounded(end: Bool) -> [String] {
        self.served + (end ? ["\(self.time) >= :endTime", "(\(self.time) > :endTime OR id >= :endID)"] : [])
    }

    /// The values of all of them.
    ///
    /// - Parameters:
    ///   - cursor: the start of the window; `nil` for the newest job.
    ///   - end: the end of the window.
    ///   - window: the number of rows in the window.
    ///   - limit: the most rows to return.
    package func arguments(after cursor: JobCursor?, end: JobCursor?, window: Int, limit: Int) -> SQLArguments {
        let first = self.filter.before.map { JobCursor(time: $0, id: "") }
        // The earlier of the two: a cursor is within the filter.
        let start = cursor ?? first
        return [
            "time": .integer(start?.time.milliseconds ?? .max), "id": .text(start?.id ?? ""),
            "since": SQLValue(self.filter.since?.milliseconds), "user": SQLValue(self.filter.userID),
            "kind": SQLValue(self.filter.kind), "tier": SQLValue(self.filter.tier),
            "kinds": SQLValue(self.filter.kinds?.json),
            "idPrefix": SQLValue(self.filter.idPrefix.map { Self.escaped($0) + "%" }),
            "errorText": SQLValue(self.filter.errorText.map { "%" + Self.escaped($0.lowercased()) + "%" }),
            "endTime": SQLValue(end?.time.milliseconds), "endID": SQLValue(end?.id),
            "window": .integer(window - 1), "limit": .integer(limit),
        ]
    }

    /// A text with the special characters of `LIKE` escaped.
    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("%", with: "\\%").replacing("_", with: "\\_")
    }
}

extension JobCursor {
    package init(row: some StoredRow) throws {
        self.init(time: try row.timestamp(required: "time"), id: try row.text(required: "id"))
    }
}

extension JobKind {
    package init(row: some StoredRow) throws {
        self.init(kind: try row.text(required: "kind"), tier: row.text("tier"))
    }
}

extension JobCount {
    package init(row: some StoredRow, isAtLeast: Bool) throws {
        self.init(
            jobs: try row.integer(required: "jobs"),
            tokens: try row.integer(required: "tokens"),
            isAtLeast: isAtLeast
        )
    }
}

extension [String] {
    /// Ids as one list of objects.
    package var asRows: String { RowList.all(self.objects) }

    /// Ids as lists of objects that are short enough for one statement each.
    var asShortRows: [String] { RowList.short(self.objects) }

    private var objects: [String] {
        self.map { id in
            var row = JSONFields()
            row.add("id", id)
            return row.text
        }
    }
}

extension [JobKind] {
    /// A list of objects, in the form that ``SQLDialect`` reads.
    fileprivate var json: String {
        let rows = self.map { kind in
            var row = JSONFields()
            row.add("kind", kind.kind)
            row.add("tier", kind.tier)
            return row.text
        }
        return RowList.all(rows)
    }
}
