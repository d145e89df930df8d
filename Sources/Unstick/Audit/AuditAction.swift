/// The actions that the audit log records.
public enum AuditAction: String, Sendable, Codable, CaseIterable {
    /// A user signed in to the admin UI.
    case signIn = "sign-in"
    /// A sign-in was refused.
    case signInRefused = "sign-in.refused"
    /// A user signed out.
    case signOut = "sign-out"
    /// An operator started a run.
    case cleanUp = "cleanup"
    /// Cleaning was paused.
    case pause = "cleanup.pause"
    /// A pause was ended.
    case resume = "cleanup.resume"
    /// A job went back to the queue.
    case retryJob = "job.retry"
    /// A job was failed.
    case failJob = "job.fail"
    /// A job was cancelled.
    case cancelJob = "job.cancel"
    /// An action on all matching jobs was started.
    case startBulk = "bulk.start"
    /// An action on many jobs was stopped.
    case stopBulk = "bulk.stop"
    /// A user received tokens.
    case grantTokens = "tokens.grant"
    /// A user's balance was corrected.
    case adjustTokens = "tokens.adjust"
    /// Jobs were imported from a file, or as a sample.
    case importJobs = "jobs.import"
    /// The database was created, or its schema was upgraded.
    case migrate = "database.migrate"
    /// A database role received every right except those for migrations.
    case grantRights = "database.grant"
    /// The trigger against late workers was installed on a table of the team.
    case installFence = "fence.install"
    /// That trigger was removed.
    case removeFence = "fence.remove"
    /// The policy file was read again.
    case reloadPolicy = "policy.reload"
    /// A webhook was added.
    case addWebhook = "webhook.add"
    /// A webhook was changed, enabled or disabled.
    case changeWebhook = "webhook.change"
    /// A webhook has a new secret.
    case rotateWebhook = "webhook.rotate"
    /// A webhook was removed.
    case removeWebhook = "webhook.remove"
    /// A webhook was sent a test event.
    case testWebhook = "webhook.test"
    /// Deliveries were sent again.
    case replayDeliveries = "delivery.replay"
    /// The mapping of a team's own tables was renamed.
    case renameMapping = "mapping.rename"
    /// An operator assigned refunds from the time before mappings had names to a mapping.
    case assignOldKeys = "mapping.old-keys"
    /// An operator accepted the times of a mapping that the doctor had found wrong.
    case acceptAges = "mapping.accept-ages"
    /// An operator let runs clean the jobs of a hold.
    case approveHold = "hold.approve"
    /// An operator ended a hold, so that its jobs are judged anew.
    case clearHold = "hold.clear"
    /// An API key was created.
    case createToken = "token.create"
    /// An API key was revoked.
    case revokeToken = "token.revoke"
}
