import Unstick

/// An audit entry: the request and its outcome.
struct AuditRow {
    var at: TimeView
    var who: String
    var role: String?
    var action: String
    var subject: Ref?
    var detail: String?
    var outcome: Badge
    var from: String

    init(_ entry: AuditEntry, _ now: Timestamp, _ request: PageRequest) {
        let act = entry.act
        self.at = TimeView(entry.at, now: now)
        self.who = act.who
        self.role = act.role?.rawValue
        self.action = act.action.rawValue
        self.subject = .subject(of: act, request)
        self.detail = act.detail.flatMap { $0.isEmpty ? nil : $0 }
        self.outcome = Badge(outcome: entry.outcome)
        self.from = [act.channel.rawValue, act.address].compactMap { $0 }.joined(separator: ", ")
    }
}

extension Ref {
    /// The object of a request, with the page about it where there is one.
    fileprivate static func subject(of act: AuditRequest, _ request: PageRequest) -> Ref? {
        guard let id = act.subject else { return nil }
        switch act.action {
        case .retryJob, .failJob, .cancelJob: return .job(id, request)
        case .grantTokens, .adjustTokens: return .user(id, request)
        case .addWebhook, .changeWebhook, .rotateWebhook, .testWebhook: return .webhook(id, request)
        // Without an endpoint the object is the event.
        case .replayDeliveries:
            return act.detail?.contains("event \(id)") == true ? Ref(id, nil) : .webhook(id, request)
        case .startBulk, .stopBulk: return Ref(id, request.href("/bulk/" + id.pathEncoded))
        case .signIn, .signInRefused, .signOut, .cleanUp, .pause, .resume, .reloadPolicy, .removeWebhook, .createToken,
            .revokeToken, .importJobs, .migrate, .grantRights, .installFence, .removeFence, .renameMapping,
            .assignOldKeys, .acceptAges, .approveHold, .clearHold:
            return Ref(id, nil)
        }
    }
}
