/// What a caller may do.
public enum Role: String, Sendable, Codable, CaseIterable {
    /// Sees everything but the secrets, changes nothing.
    case viewer
    /// Claims jobs and ends them: what a worker needs.
    case worker
    /// Creates and cancels jobs, and does what a worker does: what the app itself needs.
    case app
    /// Sees everything, cleans, and tries jobs again, fails or cancels them: what support needs.
    case `operator`
    /// Everything.
    case admin

    /// What calls ask for.
    public enum Right: Sendable, CaseIterable {
        /// To look at jobs, runs and tokens.
        case view
        /// To claim jobs, start, keep, complete and fail them.
        case work
        /// To create and cancel jobs.
        case order
        /// To clean, to pause cleaning, and to try jobs again, fail or cancel them.
        case operate
        /// To change everything else: tokens, webhooks, the policy, and who may come in.
        case administer
    }

    /// Whether the role may do that.
    public func has(_ right: Right) -> Bool {
        switch self {
        case .viewer: right == .view
        case .worker: right == .work
        case .app: right == .work || right == .order
        case .operator: right == .view || right == .operate
        case .admin: true
        }
    }
}
