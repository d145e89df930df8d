import Unstick

/// One entry in the history of a job.
struct TimelineEntry {
    struct Detail {
        var name: String
        var value: String
    }

    var icon: String
    var title: String
    var at: TimeView?
    var text: String?
    var details: [Detail] = []
    var href: String?
    var linkText: String?

    /// The entries in order of time.
    static func list(_ story: JobStory, _ request: PageRequest) -> [TimelineEntry] {
        let entries: [(Timestamp, Int, TimelineEntry)] =
            Self.ofJob(story) + Self.ofRequests(story) + Self.ofRuns(story, request) + Self.ofLate(story)
            + Self.ofLedger(story)
            + Self.ofWebhooks(story, request)
        // Entries of the same millisecond are in causal order.
        return entries.sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map(\.2)
    }

    private static func ofJob(_ story: JobStory) -> [(Timestamp, Int, TimelineEntry)] {
        let (job, now) = (story.job, story.now)
        var entries: [(Timestamp, Int, TimelineEntry)] = []
        func add(_ at: Timestamp?, _ order: Int, _ icon: String, _ title: String, _ text: String?) {
            guard let at else { return }
            entries.append((at, order, TimelineEntry(icon: icon, title: title, at: TimeView(at, now: now), text: text)))
        }
        let tier = job.tier.map { ", tier \($0)" } ?? ""
        add(job.createdAt, 0, "quiet", "Created", "Kind \(job.kind)\(tier), \(job.tokensCost.of("token")).")
        add(
            job.processingStartedAt,
            2,
            "busy",
            "Started, attempt \(job.attempt)",
            job.worker.map { "Worker \($0)." }
        )
        if let lease = story.lease, lease.attempt == job.attempt {
            let message = lease.message.map { ": \($0)" } ?? ""
            add(lease.beatAt, 3, "busy", "Last heartbeat", "\(Int((lease.progress * 100).rounded())) %\(message)")
        }
        let isOfRun = story.items.contains { $0.item.attempt == job.attempt }
        switch job.status {
        case .completed: add(job.processingCompletedAt, 6, "good", "Completed", job.completionText)
        case .cancelled: add(job.processingCompletedAt, 6, "quiet", "Cancelled", job.errorMessage)
        case .failed where !isOfRun: add(job.processingCompletedAt, 4, "bad", "Failed", job.errorMessage)
        default: break
        }
        return entries
    }

    private static func ofRequests(_ story: JobStory) -> [(Timestamp, Int, TimelineEntry)] {
        story.requests.map { entry in
            let act = entry.act
            let title =
                switch act.action {
                case .retryJob: "Retry requested"
                case .failJob: "Failure requested"
                default: "Cancellation requested"
                }
            let text = [act.detail, entry.outcome].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: "; ")
            let request = TimelineEntry(
                icon: "quiet",
                title: title,
                at: TimeView(entry.at, now: story.now),
                text: text.isEmpty ? nil : text,
                details: [Detail(name: "By", value: act.who)]
            )
            // The request comes before its effect.
            return (entry.at, 3, request)
        }
    }

    private static func ofRuns(_ story: JobStory, _ request: PageRequest) -> [(Timestamp, Int, TimelineEntry)] {
        story.items.map { run in
            let item = run.item
            let isGood = item.action == .retried
            let entry = TimelineEntry(
                icon: item.error == nil ? (isGood ? "warning" : "bad") : "bad",
                title: item.error == nil ? "Found stuck, \(item.action.text)" : "Could not be cleaned",
                at: TimeView(run.at, now: story.now),
                text: item.error ?? item.reason,
                details: [
                    Detail(name: "Rule", value: item.stuckReason.rule),
                    Detail(name: "Limit", value: "\(item.stuckReason.limit.rawValue) \(item.stuckReason.allowed.text)"),
                    Detail(name: "Measured", value: item.stuckReason.measured.text),
                    Detail(name: "Attempt", value: item.attempt.grouped),
                ],
                href: request.href("/runs/" + run.runID.pathEncoded),
                linkText: "The run"
            )
            return (run.at, 4, entry)
        }
    }

    private static func ofLate(_ story: JobStory) -> [(Timestamp, Int, TimelineEntry)] {
        story.late.map { late in
            let entry = TimelineEntry(
                icon: "warning",
                title: "Completed after it had timed out, \(late.isRefused ? "refused" : "accepted")",
                at: TimeView(late.completedAt, now: story.now),
                text: "The attempt took \(late.duration.text). A longer limit would have kept it.",
                details: [Detail(name: "Attempt", value: late.attempt.grouped)]
            )
            return (late.completedAt, 5, entry)
        }
    }

    private static func ofLedger(_ story: JobStory) -> [(Timestamp, Int, TimelineEntry)] {
        story.lines.map { line in
            let isCharge = line.amount < 0
            let title =
                switch line.kind {
                case .spend: "Charged"
                case .hold: "Tokens reserved"
                case .release: "Tokens released"
                default: "Refunded"
                }
            let moved = isCharge ? "charged" : "refunded"
            let entry = TimelineEntry(
                icon: "tokens",
                title: title,
                at: TimeView(line.createdAt, now: story.now),
                text: "\(abs(line.amount).of("token")) \(moved), balance \(line.balanceAfter.grouped).",
                details: line.actor.map { [Detail(name: "By", value: $0)] } ?? []
            )
            return (line.createdAt, isCharge ? 1 : 5, entry)
        }
    }

    private static func ofWebhooks(_ story: JobStory, _ request: PageRequest) -> [(Timestamp, Int, TimelineEntry)] {
        story.deliveries.map { delivery in
            let at = delivery.endedAt ?? delivery.createdAt
            let entry = TimelineEntry(
                icon: delivery.status == .dead ? "warning" : "message",
                title: "\(delivery.type) \(Self.fate(of: delivery)) \(delivery.endpointID)",
                at: TimeView(at, now: story.now),
                text: delivery.answer(story.now),
                details: [Detail(name: "Attempts", value: delivery.attempts.grouped)]
            )
            return (at, 7, entry)
        }
    }

    private static func fate(of delivery: WebhookDelivery) -> String {
        switch delivery.status {
        case .pending: "waiting for"
        case .delivered: "delivered to"
        case .dead: "not delivered to"
        }
    }
}

extension Job {
    fileprivate var completionText: String? {
        self.tokensUsed.map { "\($0.of("token")) of \(self.tokensCost.grouped) were used." }
    }
}

extension WebhookDelivery {
    /// The outcome of the last try, for people.
    fileprivate func answer(_ now: Timestamp) -> String {
        let took = self.lastDuration.map { " in \($0.text)" } ?? ""
        let last = self.lastError ?? self.lastStatus.map { "Answered \($0)\(took)" } ?? "Not sent yet"
        let next = self.status == .pending ? self.nextAt.map { "; next try \($0.ago(now))" } ?? "" : ""
        return last + next + "."
    }
}
