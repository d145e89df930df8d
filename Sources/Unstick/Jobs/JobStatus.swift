/// Where a job is in its life.
///
/// Upper case in JSON and in the database.
public enum JobStatus: String, Sendable, Codable, CaseIterable {
    /// Created and charged, not started.
    case pending = "PENDING"
    /// A worker has it.
    case processing = "PROCESSING"
    /// Delivered. It is never refunded.
    case completed = "COMPLETED"
    /// It will not be delivered.
    case failed = "FAILED"
    /// Called off by the user or an admin.
    case cancelled = "CANCELLED"
}
