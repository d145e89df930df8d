import Unstick

/// The content at the top of the page of a job.
struct JobSummary {
    var id: String
    var status: Badge
    var flags: [Badge]
    var kind: String
    var tier: String?
    var user: Ref
    var cost: String
    var chargeKind: String
    var attempt: String
    var worker: String?
    var created: TimeView
    var rule: String
    var error: String?
    var progress: Progress?
    var answer: String

    init(_ story: JobStory, _ rule: Rule, _ request: PageRequest) {
        let (job, now) = (story.job, story.now)
        self.id = job.id
        self.status = Badge(job.status)
        self.flags = JobFlags.of(job, rule, lease: story.lease, now)
        self.kind = job.kind
        self.tier = job.tier
        self.user = .user(job.userID, request)
        self.cost = job.tokensCost.grouped
        self.chargeKind = job.chargeKind == .hold ? "tokens, reserved" : "tokens, charged"
        self.attempt = job.attempt.grouped
        self.worker = job.worker
        self.created = TimeView(job.createdAt, now: now)
        self.rule = rule.name
        self.error = job.errorMessage
        if job.status == .processing, let lease = story.lease, lease.attempt == job.attempt, lease.progress > 0 {
            self.progress = Progress(percent: lease.progress)
        }
        self.answer = Self.answer(story)
    }

    private static func answer(_ story: JobStory) -> String {
        let (job, now) = (story.job, story.now)
        switch job.status {
        case .pending:
            return job.availableAt > now
                ? "It is retried \(job.availableAt.ago(now))."
                : "It has been waiting for \((now - job.availableAt).text)."
        case .processing:
            return "It has been running for \((now - (job.processingStartedAt ?? job.updatedAt)).text)."
        case .completed: return "It was delivered\(Self.took(job)), so its charge stays."
        case .failed, .cancelled:
            let how = job.isTimedOut ? "A run ended it" : "It ended without a result"
            guard job.tokensCost > 0 else { return how + ". It cost nothing." }
            return story.refunded > 0
                ? "\(how), and the user was refunded \(story.refunded.of("token"))." : "\(how). Nothing was refunded."
        }
    }

    private static func took(_ job: Job) -> String {
        guard let started = job.processingStartedAt, let ended = job.processingCompletedAt else { return "" }
        return " after \((ended - started).text)"
    }
}

extension Progress {
    /// - Parameter share: from 0 to 1.
    init(percent share: Double) {
        self.done = String(Int((share * 100).rounded()))
        self.total = "100"
        self.text = "\(self.done) %"
    }
}

/// An action that the job's state allows.
struct JobChoice {
    var name: String
    var label: String
    var explain: String
    var action: String
    var danger: Bool

    static func list(_ story: JobStory, _ rule: Rule, _ request: PageRequest) -> [JobChoice] {
        let job = story.job
        return BulkAction.Kind.allCases.filter { $0.statuses.contains(job.status) }.map { kind in
            JobChoice(
                name: kind.rawValue,
                label: kind.verb,
                explain: Self.explain(kind, story, rule),
                action: request.href("/jobs/\(job.id.pathEncoded)/\(kind.rawValue)"),
                danger: kind != .retry
            )
        }
    }

    private static func explain(_ kind: BulkAction.Kind, _ story: JobStory, _ rule: Rule) -> String {
        let job = story.job
        let refund: String =
            switch rule.refund {
            case .full: "the user is refunded \(job.tokensCost.of("token"))"
            case .none: "the user is not refunded, by its rule"
            case .byProgress: "the user is refunded for the work that was not done"
            }
        switch kind {
        case .retry:
            return story.refunded > 0
                ? "It goes back to the queue. The refund of \(story.refunded.of("token")) is charged again."
                : "It goes back to the queue, and its charge stays."
        case .fail: return "This attempt ends now, and \(refund)."
        case .cancel: return "The job is cancelled for good, and \(refund)."
        }
    }
}
