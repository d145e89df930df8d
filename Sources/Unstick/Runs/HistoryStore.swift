/// The history side of a store: what passes did.
public protocol HistoryStore: Sendable {
    /// The run, or `nil`.
    func run(_ id: String) async throws -> Run?

    /// Runs, newest first, at most `limit`, those older than the run `before`.
    func runs(before: String?, limit: Int) async throws -> [Run]

    /// The last pass that went through; a dry run is none.
    func lastSuccess() async throws -> Run?

    /// What passes that began since a moment gave back.
    func tokensRefunded(since: Timestamp) async throws -> Int

    /// What a run did with each job, in its order, at most `limit`, those after position `after`.
    func items(of runID: String, after position: Int, limit: Int) async throws -> [RunItem]
}
