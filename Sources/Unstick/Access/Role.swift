/// What a caller may do.
public enum Role: String, Sendable, Codable, CaseIterable {
    /// Reads everything except secrets and changes nothing.
    case viewer
    /// Claims jobs and ends them: what a worker needs.
    case worker
    /// Creates and cancels jobs, and has the rights of a worker: what the app needs.
    case app
    /// Reads everything, runs the cleanup, and retries, fails or cancels jobs: what support needs.
    case `operator`
    /// Has every right.
    case admin

    /// The rights that a call can require.
    package enum Right: Sendable, CaseIterable {
        /// Read jobs, runs and balances.
        case view
        /// Claim, start, complete and fail jobs, and send heartbeats.
        case work
        /// Create and cancel jobs.
        case order
        /// Run the cleanup, pause it, and retry, fail or cancel jobs.
        case operate
        /// Change everything else: balances, webhooks, the policy and API keys.
        case administer
    }

    /// Whether the role has this right.
    package func has(_ right: Right) -> Bool {
        switch self {
        case .viewer: right == .view
        case .worker: right == .work
        case .app: right == .work || right == .order
        case .operator: right == .view || right == .operate
        case .admin: true
        }
    }
}
