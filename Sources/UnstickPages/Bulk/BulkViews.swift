import Unstick

/// A hidden field of a form.
struct HiddenField {
    var name: String
    var value: String
}

/// A change to many jobs that is not started yet.
struct BulkPlan {
    var button: String
    var sentence: String
    var danger: Bool

    init(_ kind: BulkAction.Kind, _ form: JobFilterForm, _ count: JobCount) {
        self.button = "\(kind.verb) \(count.description) jobs"
        let jobs = form.description.prefix(1).uppercased() + form.description.dropFirst()
        self.sentence =
            switch kind {
            case .retry: "\(jobs) go back to the queue. Jobs that were refunded are charged again."
            case .fail: "\(jobs) fail, and their users are refunded by the rules."
            case .cancel: "\(jobs) are cancelled, and their users are refunded by the rules."
            }
        self.danger = kind != .retry
    }
}

extension JobCount {
    /// `1,204`, or `20,000+` where there may be more.
    var description: String { self.jobs.grouped + (self.isAtLeast ? "+" : "") }
}

/// The progress of an action on many jobs.
struct BulkState {
    /// A job that could not be changed.
    struct Failure {
        var job: Ref
        var error: String
    }

    var id: String
    var verb: String
    var status: Badge
    var sentence: String
    var by: String
    var reason: String?
    var started: TimeView
    var ended: TimeView?
    var progress: Progress?
    var done: String
    var skipped: String
    var failed: String
    var errors: [Failure]
    var stopAction: String?

    init(_ action: BulkAction, _ now: Timestamp, _ request: PageRequest) {
        let isRunning = action.status == .running
        let dealtWith = action.done + action.skipped + action.failed
        self.id = action.id
        self.verb = action.kind.verb
        self.status = Badge(action.status)
        self.sentence = "\(action.kind.verb) \(action.filter.description)."
        self.by = action.by
        self.reason = action.reason
        self.started = TimeView(action.createdAt, now: now)
        self.ended = isRunning ? nil : TimeView(action.updatedAt, now: now)
        self.progress =
            isRunning ? Progress(done: dealtWith, total: max(action.expected, dealtWith), of: "job") : nil
        self.done = action.done.grouped
        self.skipped = action.skipped.grouped
        self.failed = action.failed.grouped
        self.errors =
            action.lastFailedJob.map { [Failure(job: .job($0, request), error: action.lastError ?? "")] } ?? []
        self.stopAction =
            isRunning && request.may(.operate) ? request.href("/bulk/\(action.id.pathEncoded)/stop") : nil
    }
}

/// An action on many jobs in a list.
struct BulkRow {
    var bulk: Ref
    var started: TimeView
    var by: String
    var verb: String
    var sentence: String
    var status: Badge
    var done: String
    var skipped: String
    var failed: String

    init(_ action: BulkAction, _ now: Timestamp, _ request: PageRequest) {
        self.bulk = Ref(action.id, request.href("/bulk/" + action.id.pathEncoded))
        self.started = TimeView(action.createdAt, now: now)
        self.by = action.by
        self.verb = action.kind.verb
        self.sentence = action.filter.description
        self.status = Badge(action.status)
        self.done = action.done.grouped
        self.skipped = action.skipped.grouped
        self.failed = action.failed.grouped
    }
}

extension JobFilter {
    /// The jobs as text, from the stored filter.
    var description: String {
        let parts: [String?] = [
            self.status.map { "\($0.rawValue) jobs" } ?? "jobs",
            self.userID.map { "of user '\($0)'" },
            self.kind.map { "of kind '\($0)'" },
            self.tier.map { "of tier '\($0)'" },
            self.kinds.map { kinds in
                "of "
                    + kinds.map { [$0.kind, $0.tier].compactMap { $0 }.joined(separator: " · ") }.joined(
                        separator: ", "
                    )
            },
            self.since.map { "since \($0.utc)" },
            self.before.map { "until \($0.utc)" },
            self.errorText.map { "whose error contains '\($0)'" },
            self.idPrefix.map { "whose id starts with '\($0)'" },
        ]
        return parts.compactMap { $0 }.joined(separator: " ")
    }
}
