import Unstick

/// The number of stuck jobs, by kind.
struct StuckTile {
    struct Kind {
        var kind: String
        var count: String
        var oldest: String
        var href: String
    }

    var count: String
    /// The counted noun, in the right number.
    var unit: String
    var status: Badge
    var href: String
    var oldest: String?
    var empty: String?
    var kinds: [Kind]

    /// More kinds are not listed here.
    private static let most = 8

    init(_ overview: StuckOverview, _ request: PageRequest) {
        let jobs = overview.kinds.reduce(0) { $0 + $1.jobs }
        self.count = jobs.grouped
        self.unit = jobs == 1 ? "stuck job" : "stuck jobs"
        self.status = Badge(stuck: jobs)
        self.href = request.href("/stuck")
        self.oldest = overview.kinds.map(\.since).min().map { (overview.now - $0).text }
        self.empty = jobs == 0 ? "No job is over the limit of its rule." : nil
        self.kinds = overview.kinds.prefix(Self.most).map { kind in
            Kind(
                kind: kind.kind,
                count: kind.jobs.grouped,
                oldest: (overview.now - kind.since).text,
                href: Link(request.href("/stuck"), [("kind", kind.kind)]).href
            )
        }
    }
}

/// A number that links to what it counts.
struct CountTile {
    var count: String
    var href: String
}

/// The refunds by runs and by calls.
struct RefundsTile {
    var today: String
    var todayJobs: String
    var week: String
    var weekJobs: String
    var href: String

    init(today: RunTotals, week: RunTotals, _ request: PageRequest) {
        self.today = today.tokensRefunded.grouped
        self.todayJobs = today.shares
        self.week = week.tokensRefunded.grouped
        self.weekJobs = week.shares
        self.href = request.href("/users")
    }
}

extension RunTotals {
    /// The parts of the refunds.
    fileprivate var shares: String {
        "\((self.tokensRefunded - self.tokensByCalls).grouped) by runs, \(self.tokensByCalls.grouped) by calls"
    }
}

/// The last run that was no dry run.
struct LastRunTile {
    var status: Badge
    var sentence: String
    var at: TimeView
    var href: String

    init(_ run: Run, _ now: Timestamp, _ request: PageRequest) {
        self.status = Badge(run)
        self.sentence = run.sentence
        self.at = TimeView(run.startedAt, now: now)
        self.href = request.href("/runs/" + run.id.pathEncoded)
    }
}

/// When the next run is due.
struct NextRunTile {
    var at: TimeView?
    var sentence: String
}

/// An alert that is firing.
struct AlertLine {
    var name: String
    var summary: String
    var since: TimeView

    init(_ alert: AlertState, _ now: Timestamp) {
        self.name = alert.name.rawValue
        self.summary = alert.summary
        self.since = TimeView(alert.firingSince ?? alert.since, now: now)
    }
}

/// The state of the webhooks.
struct WebhooksTile {
    var endpoints: String
    var waiting: String
    var dead: String
    var status: Badge
    var href: String

    init(_ webhooks: [WebhookOverview], _ request: PageRequest) {
        let failing = webhooks.count { $0.failingSince != nil }
        self.endpoints = webhooks.count.grouped
        self.waiting = webhooks.reduce(0) { $0 + $1.waiting }.grouped
        self.dead = webhooks.reduce(0) { $0 + $1.dead }.grouped
        self.status =
            webhooks.isEmpty
            ? Badge("None", .quiet) : failing > 0 ? Badge("\(failing.grouped) failing", .bad) : Badge("Healthy", .good)
        self.href = request.href("/webhooks")
    }
}
