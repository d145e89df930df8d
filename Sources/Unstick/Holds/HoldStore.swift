/// The role of a store that keeps holds, for operators.
public protocol HoldStore: Sendable {
    /// The hold, or `nil`.
    func hold(_ id: String) async throws -> Hold?

    /// Holds, newest first.
    ///
    /// - Parameters:
    ///   - state: only holds in this state; `nil` for all.
    ///   - limit: how many at most.
    func holds(_ state: Hold.State?, limit: Int) async throws -> [Hold]

    /// The attempts of a hold, oldest first.
    func heldJobs(of id: String, limit: Int) async throws -> [HeldJob]

    /// Lets runs clean the attempts of an open hold, for ``Hold/approvalLasts``.
    ///
    /// - Parameters:
    ///   - id: the hold.
    ///   - name: who approves it.
    ///   - now: the moment at which the jobs of a kind are stuck.
    ///   - ruleMatches: the rules for its jobs; for the hold of a kind, whose stuck jobs are approved.
    /// - Returns: the hold; `nil` unless it was open.
    func approve(_ id: String, by name: String, asOf now: Timestamp, _ ruleMatches: [RuleMatches]) async throws -> Hold?

    /// Ends an open hold, so that its jobs are judged anew.
    ///
    /// - Returns: the hold; `nil` unless it was open.
    func clear(_ id: String, by name: String) async throws -> Hold?
}
