import Unstick
import UnstickServer

/// One event for one webhook.
struct DeliveryRow {
    /// The fields of the form that sends it again.
    struct Replay {
        var endpoint: String
        var event: String
    }

    var event: Ref
    var type: String
    var job: Ref?
    var endpoint: Ref
    var status: Badge
    var attempts: String
    var answer: String?
    var error: String?
    var took: String?
    var created: TimeView
    var ended: TimeView?
    var next: TimeView?
    var replay: Replay?

    init(_ delivery: WebhookDelivery, _ now: Timestamp, _ request: PageRequest) {
        self.event = Ref(delivery.eventID, nil)
        self.type = delivery.type
        self.job = delivery.jobID.map { .job($0, request) }
        self.endpoint = .webhook(delivery.endpointID, request)
        self.status = Badge(delivery.status)
        self.attempts = delivery.attempts.grouped
        self.answer = delivery.lastStatus.map { "\($0)" }
        self.error = delivery.lastError
        self.took = delivery.lastDuration.map { "\($0.inMilliseconds.grouped) ms" }
        self.created = TimeView(delivery.createdAt, now: now)
        self.ended = TimeView(delivery.endedAt, now: now)
        // A due delivery waits for a sender, for an unknown time.
        self.next = delivery.nextAt.flatMap { $0 > now ? TimeView($0, now: now) : nil }
        if request.may(.administer), delivery.status != .pending {
            self.replay = Replay(endpoint: delivery.endpointID, event: delivery.eventID)
        }
    }
}
