/// The history side of a store: what passes did.
public protocol HistoryStore: Sendable {
    /// The run, or `nil`.
    func run(_ id: String) async throws -> Run?

    /// Runs, newest first, at most `limit`, those older than the run `before`.
    func runs(before: String?, limit: Int) async throws -> [Run]

    /// The last pass that went through; a dry run is none.
    func lastSuccess() async throws -> Run?

    /// What passes that began since a moment did together; a dry run did nothing.
    func totals(since: Timestamp) async throws -> PassTotals

    /// What a run did with each job, in its order, at most `limit`, those after position `after`.
    func items(of runID: String, after position: Int, limit: Int) async throws -> [RunItem]
}

/// What several passes did together.
public struct PassTotals: Hashable, Sendable {
    /// Jobs that were failed or tried again.
    public var cleanedUp: Int
    /// Tokens given back.
    public var tokensRefunded: Int

    /// Makes the answer.
    public init(cleanedUp: Int, tokensRefunded: Int) {
        self.cleanedUp = cleanedUp
        self.tokensRefunded = tokensRefunded
    }
}
