/// A stored stop: its jobs are not failed, retried or refunded until an operator approves or clears it.
///
/// Jobs outside it go on, and new ones do not dilute it. No run releases it, also not a forced one.
public struct Hold: Hashable, Sendable, Identifiable {
    /// Which jobs it stops.
    public enum Scope: String, Sendable, Codable, CaseIterable {
        /// A list of attempts.
        case jobs
        /// Every stuck job of a kind, also later ones.
        case kind
    }

    /// Its state.
    public enum State: String, Sendable, Codable, CaseIterable {
        /// It stops its jobs.
        case open = "OPEN"
        /// An operator approved it: runs clean its jobs, for ``Hold/approvalLasts``.
        case approved = "APPROVED"
        /// An operator cleared it: its jobs are judged anew.
        case cleared = "CLEARED"
        /// None of its jobs is left.
        case ended = "ENDED"
    }

    /// For how long an approval covers the attempts of the hold.
    public static let approvalLasts = Duration.seconds(86_400)

    /// Its id; ids sort by time.
    public var id: String
    /// Which jobs it stops.
    public var scope: Scope
    /// The kind that it stops; `nil` for a list of attempts.
    public var kind: String?
    /// Why, for people; names no user and no job.
    public var reason: String
    /// How many attempts it had when it was opened; 0 for a kind.
    public var jobs: Int
    /// Its state.
    public var state: State
    /// When it was opened.
    public var openedAt: Timestamp
    /// When an operator last saw it.
    public var seenAt: Timestamp?
    /// When a timer's call last failed because of it, after an operator had seen it.
    public var remindedAt: Timestamp?
    /// When it was approved or cleared, or ended.
    public var decidedAt: Timestamp?
    /// Who approved or cleared it.
    public var decidedBy: String?

    /// Makes a hold from its stored fields.
    public init(
        id: String,
        scope: Scope,
        kind: String?,
        reason: String,
        jobs: Int,
        state: State,
        openedAt: Timestamp,
        seenAt: Timestamp? = nil,
        remindedAt: Timestamp? = nil,
        decidedAt: Timestamp? = nil,
        decidedBy: String? = nil
    ) {
        self.id = id
        self.scope = scope
        self.kind = kind
        self.reason = reason
        self.jobs = jobs
        self.state = state
        self.openedAt = openedAt
        self.seenAt = seenAt
        self.remindedAt = remindedAt
        self.decidedAt = decidedAt
        self.decidedBy = decidedBy
    }

    /// What an operator does next.
    package static let advice =
        "'unstick holds' shows the hold. 'unstick holds approve ID' lets runs clean its jobs; 'unstick holds clear ID' lets "
        + "runs judge them anew."

    /// Whether a call that only a timer makes must fail, so that an operator notices the hold: until one has seen it, and
    /// then once a day.
    package func needsAttention(at now: Timestamp) -> Bool {
        guard self.state == .open, let seenAt else { return self.state == .open }
        return now - max(seenAt, self.remindedAt ?? seenAt) >= .seconds(86_400)
    }
}

/// An attempt of a hold.
public struct HeldJob: Hashable, Sendable {
    /// The job.
    public var jobID: String
    /// The job's user.
    public var userID: String
    /// The kind of work.
    public var kind: String
    /// Its price class.
    public var tier: String?
    /// The attempt.
    public var attempt: Int
    /// What was charged for the job.
    public var tokensCost: Int
    /// The name of its worker.
    public var worker: String?
    /// When the attempt started.
    public var since: Timestamp

    /// Makes an attempt from its stored fields.
    public init(
        jobID: String,
        userID: String,
        kind: String,
        tier: String?,
        attempt: Int,
        tokensCost: Int,
        worker: String?,
        since: Timestamp
    ) {
        self.jobID = jobID
        self.userID = userID
        self.kind = kind
        self.tier = tier
        self.attempt = attempt
        self.tokensCost = tokensCost
        self.worker = worker
        self.since = since
    }
}

/// A hold that is to be opened.
public struct NewHold: Hashable, Sendable {
    /// The stuck jobs that it stops.
    public enum Selection: Hashable, Sendable {
        /// All of them.
        case all
        /// Those of a kind.
        case kind(String)
        /// Those of some workers.
        case workers([String])
    }

    /// The jobs.
    public var selection: Selection
    /// Why, for people.
    public var reason: String

    /// Makes a hold.
    public init(_ selection: Selection, reason: String) {
        self.selection = selection
        self.reason = reason
    }
}
