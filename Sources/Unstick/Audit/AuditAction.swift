/// What people do that is written down.
public enum AuditAction: String, Sendable, Codable, CaseIterable {
    /// Somebody signed in to the page.
    case signIn = "sign-in"
    /// Somebody tried to, and was refused.
    case signInRefused = "sign-in.refused"
    /// Somebody signed out.
    case signOut = "sign-out"
    /// A pass was started by hand.
    case cleanUp = "cleanup"
    /// Cleaning was paused.
    case pause = "cleanup.pause"
    /// A pause was ended.
    case resume = "cleanup.resume"
    /// A job went back to the queue.
    case retryJob = "job.retry"
    /// A job was failed.
    case failJob = "job.fail"
    /// A job was called off.
    case cancelJob = "job.cancel"
    /// Something was begun with all jobs that match.
    case startBulk = "bulk.start"
    /// That was stopped.
    case stopBulk = "bulk.stop"
    /// A user was given tokens.
    case grantTokens = "tokens.grant"
    /// A user's balance was set right.
    case adjustTokens = "tokens.adjust"
    /// Jobs were brought in from a file, or as a sample.
    case importJobs = "jobs.import"
    /// The database was made, or its schema was brought up to date.
    case migrate = "database.migrate"
    /// A role of the database was given the rights that everything but migrations needs.
    case grantRights = "database.grant"
    /// The trigger against late workers was put on a table of the team.
    case installFence = "fence.install"
    /// It was taken away.
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
    /// An access token was made.
    case createToken = "token.create"
    /// An access token was withdrawn.
    case revokeToken = "token.revoke"
}
