// One page of a listing, as the command line and the API return it. `nextCursor` is absent on the last page.

/// Jobs, newest first.
package struct JobPage: Hashable, Sendable, Encodable {
    /// The jobs of this page.
    package var jobs: [Job]
    /// Where the next page starts.
    package var nextCursor: String?
    /// The time back to which the query searched, where the page is not full and there may be more.
    package var lookedBackTo: Timestamp?
}

/// Runs, newest first.
package struct RunPage: Hashable, Sendable, Encodable {
    /// The runs of this page.
    package var runs: [Run]
    /// Where the next page starts.
    package var nextCursor: String?
    /// The time back to which the query searched, where the page is not full and there may be more.
    package var lookedBackTo: Timestamp?
}

/// A run and its jobs.
package struct RunDetail: Hashable, Sendable, Encodable {
    /// The run.
    package var run: Run
    /// The jobs of this page, in the order in which the run took them.
    package var jobs: [RunItem]
    /// Where the next page starts.
    package var nextCursor: String?
}

/// Deliveries to webhooks, the newest event first.
package struct DeliveryPage: Hashable, Sendable, Encodable {
    /// The deliveries of this page.
    package var deliveries: [WebhookDelivery]
    /// Where the next page starts.
    package var nextCursor: String?
    /// The time back to which the query searched, where the page is not full and there may be more.
    package var lookedBackTo: Timestamp?
}

extension JobStore {
    /// One page of jobs.
    ///
    /// - Parameters:
    ///   - filter: selects the jobs.
    ///   - cursor: the `nextCursor` of the page before; `nil` for the first page.
    ///   - limit: 1 to ``Limits/page``.
    /// - Throws: ``UnstickError`` `invalidArgument` for a cursor that no page returned.
    package func page(_ filter: JobFilter, cursor: String?, limit: Int) async throws -> JobPage {
        try filter.checkTexts()
        let place = try cursor.map { try Cursor.known(Cursor.job($0)) }
        let window = try await self.jobs(filter, after: place, limit: limit)
        return JobPage(
            jobs: window.rows,
            nextCursor: window.next.map(Cursor.text(of:)),
            lookedBackTo: window.lookedBackTo
        )
    }
}

extension WebhookStore {
    /// One page of deliveries; see ``JobStore/page(_:cursor:limit:)``.
    package func page(_ filter: DeliveryFilter, cursor: String?, limit: Int) async throws -> DeliveryPage {
        try Limits.checkText(filter.endpointID ?? "", "endpoint")
        try Limits.checkText(filter.jobID ?? "", "job id")
        let place = try cursor.map { try Cursor.known(Cursor.delivery($0)) }
        let window = try await self.deliveries(filter, after: place, limit: limit)
        return DeliveryPage(
            deliveries: window.rows,
            nextCursor: window.next.map { Cursor.text(of: $0) },
            lookedBackTo: window.lookedBackTo
        )
    }
}

extension HistoryStore {
    /// One page of runs; see ``JobStore/page(_:cursor:limit:)``.
    package func page(_ filter: RunFilter = RunFilter(), cursor: String?, limit: Int) async throws -> RunPage {
        try Limits.checkText(cursor ?? "", "cursor")
        let window = try await self.runs(filter, before: cursor, limit: limit)
        return RunPage(runs: window.rows, nextCursor: window.next, lookedBackTo: window.lookedBackTo)
    }

    /// A run with one page of its jobs, or `nil` if the run does not exist.
    ///
    /// - Parameters:
    ///   - id: the run's id.
    ///   - position: the position of the last job of the page before; 0 for the first page.
    ///   - limit: 1 to ``Limits/page``.
    package func detail(of id: String, after position: Int = 0, limit: Int) async throws -> RunDetail? {
        try Limits.checkText(id, "run id")
        guard let run = try await self.run(id) else { return nil }
        let items = try await self.items(of: id, after: position, limit: limit)
        return RunDetail(
            run: run,
            jobs: items,
            nextCursor: items.count == limit ? items.last.map { String($0.position) } : nil
        )
    }
}

extension JobStore {
    /// The kinds and tiers of the jobs on one page; see ``page(_:cursor:limit:)``.
    package func kinds(_ filter: JobFilter, cursor: String?) async throws -> [JobKind] {
        try await self.kinds(filter, after: cursor.map { try Cursor.known(Cursor.job($0)) })
    }
}

/// The searched part of a listing: the matching rows, and where the next part begins.
///
/// A condition that no index serves is tested on at most ``Limits/window`` rows, so that a query has a bounded cost. A
/// window may therefore have few rows, or none, although more follow.
public struct Window<Row: Sendable, Place: Sendable>: Sendable {
    /// The matching rows.
    public var rows: [Row]
    /// Where the next part begins; `nil` at the end.
    public var next: Place?
    /// The time back to which the query searched, where the limit of rows ended the window and not a full page.
    public var lookedBackTo: Timestamp?

    /// Makes a window.
    public init(rows: [Row], next: Place?, lookedBackTo: Timestamp? = nil) {
        self.rows = rows
        self.next = next
        self.lookedBackTo = lookedBackTo
    }
}
