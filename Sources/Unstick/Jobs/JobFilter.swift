/// The conditions of a listing of jobs, or of an action on many jobs.
///
/// A job must meet all conditions that are set.
public struct JobFilter: Hashable, Sendable, Codable {
    /// Only jobs of this status.
    public var status: JobStatus?
    /// Only jobs of this user.
    public var userID: String?
    /// Only jobs of this kind.
    public var kind: String?
    /// Only jobs of this tier.
    public var tier: String?
    /// Only jobs of these kinds and tiers: those that a rule of the policy applies to.
    public var kinds: [JobKind]?
    /// Only jobs created, or for running jobs started, before this.
    public var before: Timestamp?
    /// Only jobs created or started at this time or later.
    public var since: Timestamp?
    /// Only jobs whose error contains this text, in any case.
    public var errorText: String?
    /// Only jobs whose id begins with this.
    public var idPrefix: String?

    /// Makes a filter; without conditions it shows every job.
    public init(
        status: JobStatus? = nil,
        userID: String? = nil,
        kind: String? = nil,
        tier: String? = nil,
        kinds: [JobKind]? = nil,
        before: Timestamp? = nil,
        since: Timestamp? = nil,
        errorText: String? = nil,
        idPrefix: String? = nil
    ) {
        self.status = status
        self.userID = userID
        self.kind = kind
        self.tier = tier
        self.kinds = kinds
        self.before = before
        self.since = since
        self.errorText = errorText
        self.idPrefix = idPrefix
    }
}

extension JobFilter {
    /// - Throws: ``UnstickError`` `invalidArgument` for a text that cannot be looked up.
    func checkTexts() throws {
        for (text, name) in [
            (self.userID, "user id"), (self.kind, "kind"), (self.tier, "tier"), (self.errorText, "text of the error"),
            (self.idPrefix, "id"),
        ] {
            if let text { try Limits.checkText(text, name) }
        }
    }
}

/// The place of a job in a listing.
public struct JobCursor: Hashable, Sendable {
    /// When the job was created, or started where running jobs are listed.
    public var time: Timestamp
    /// Its id, for jobs of the same millisecond.
    public var id: String

    /// Makes a cursor.
    public init(time: Timestamp, id: String) {
        self.time = time
        self.id = id
    }
}

/// A kind and tier that jobs have.
public struct JobKind: Hashable, Sendable, Codable {
    /// The kind of work.
    public var kind: String
    /// The price class.
    public var tier: String?

    /// Makes a kind and tier.
    public init(kind: String, tier: String?) {
        self.kind = kind
        self.tier = tier
    }
}

/// The number of jobs that match.
public struct JobCount: Hashable, Sendable {
    /// The number, up to the counting limit.
    public var jobs: Int
    /// The sum of their costs, in tokens.
    public var tokens: Int
    /// Whether there may be more.
    public var isAtLeast: Bool

    /// Makes the answer.
    public init(jobs: Int, tokens: Int, isAtLeast: Bool) {
        self.jobs = jobs
        self.tokens = tokens
        self.isAtLeast = isAtLeast
    }
}
