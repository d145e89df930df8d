// One page of a listing, as the command line and the API answer it. `nextCursor` is absent on the last page.

/// Jobs, newest first.
public struct JobPage: Hashable, Sendable, Encodable {
    /// The jobs of this page.
    public var jobs: [Job]
    /// Where the next page starts.
    public var nextCursor: String?
}

/// Runs, newest first.
public struct RunPage: Hashable, Sendable, Encodable {
    /// The runs of this page.
    public var runs: [Run]
    /// Where the next page starts.
    public var nextCursor: String?
}

/// A run with what it did with each job.
public struct RunDetail: Hashable, Sendable, Encodable {
    /// The run.
    public var run: Run
    /// The jobs of this page, in the order in which the run took them.
    public var jobs: [RunItem]
    /// Where the next page starts.
    public var nextCursor: String?
}

/// Deliveries to webhooks, the newest event first.
public struct DeliveryPage: Hashable, Sendable, Encodable {
    /// The deliveries of this page.
    public var deliveries: [WebhookDelivery]
    /// Where the next page starts.
    public var nextCursor: String?
}

extension JobStore {
    /// One page of jobs.
    ///
    /// - Parameters:
    ///   - filter: which jobs.
    ///   - cursor: the `nextCursor` of the page before; `nil` for the first page.
    ///   - limit: 1 to ``Limits/page``.
    /// - Throws: ``UnstickError`` `invalidArgument` for a cursor that no page gave.
    public func page(_ filter: JobFilter, cursor: String?, limit: Int) async throws -> JobPage {
        let place = try cursor.map { try Cursor.known(Cursor.job($0)) }
        let jobs = try await self.jobs(filter, after: place, limit: limit)
        return JobPage(jobs: jobs, nextCursor: jobs.count == limit ? jobs.last.map(Cursor.text(of:)) : nil)
    }
}

extension WebhookStore {
    /// One page of deliveries; see ``JobStore/page(_:cursor:limit:)``.
    public func page(_ filter: DeliveryFilter, cursor: String?, limit: Int) async throws -> DeliveryPage {
        let place = try cursor.map { try Cursor.known(Cursor.delivery($0)) }
        let found = try await self.deliveries(filter, after: place, limit: limit)
        return DeliveryPage(
            deliveries: found,
            nextCursor: found.count == limit ? found.last.map(Cursor.text(of:)) : nil
        )
    }
}

extension HistoryStore {
    /// One page of runs; see ``JobStore/page(_:cursor:limit:)``.
    public func page(cursor: String?, limit: Int) async throws -> RunPage {
        let runs = try await self.runs(before: cursor, limit: limit)
        return RunPage(runs: runs, nextCursor: runs.count == limit ? runs.last?.id : nil)
    }

    /// A run with one page of its jobs, or `nil` if there is no such run.
    ///
    /// - Parameters:
    ///   - id: the run's id.
    ///   - position: the position of the last job of the page before; 0 for the first page.
    ///   - limit: 1 to ``Limits/page``.
    public func detail(of id: String, after position: Int = 0, limit: Int) async throws -> RunDetail? {
        guard let run = try await self.run(id) else { return nil }
        let items = try await self.items(of: id, after: position, limit: limit)
        return RunDetail(
            run: run,
            jobs: items,
            nextCursor: items.count == limit ? items.last.map { String($0.position) } : nil
        )
    }
}
