import Hummingbird
import Unstick
import UnstickServer

extension AdminPages {
    /// The number of deliveries on one page.
    private static let rows = 50

    var deliveryRoutes: [PageRoute] {
        [
            .get("/deliveries") { request in try await self.deliveriesPage(request) },
            .post("/deliveries/replay", .administer) { request in try await self.replayDelivery(request) },
        ]
    }

    private func deliveriesPage(_ request: PageRequest) async throws -> Response {
        let query = try ViewQuery(request)
        let cursor = query.text("cursor")
        let filter = DeliveryFilter(
            endpointID: query.text("endpoint"),
            status: try query.word("status"),
            jobID: query.text("job")
        )
        let store = self.api.store
        let page = try await store.page(filter, cursor: cursor, limit: Self.rows)
        let webhooks = try await store.webhooks().map(\.endpoint.id)
        let now = try await store.now()
        let link = filter.link(request.href("/deliveries"))
        let content = DeliveriesContent(
            endpointOptions: Self.choices(of: webhooks, selected: filter.endpointID),
            statusOptions: Choice.list(
                WebhookDelivery.Status.allCases.map { ($0.rawValue, Badge($0).word) },
                selected: filter.status?.rawValue,
                all: "Any status"
            ),
            filter: DeliveryFields(job: filter.jobID ?? ""),
            clearHref: filter == DeliveryFilter() ? nil : request.href("/deliveries"),
            rows: page.deliveries.map { DeliveryRow($0, now, request) },
            empty: Self.emptiness(of: page, filter, cursor, hasWebhooks: !webhooks.isEmpty),
            firstHref: cursor == nil ? nil : link.href,
            nextHref: page.nextCursor.map { link.with("cursor", $0).href }
        )
        return try await self.page(content, request, title: "Deliveries")
    }

    private static func choices(of webhooks: [String], selected: String?) -> [Choice] {
        let removed = selected.flatMap { webhooks.contains($0) ? nil : $0 }
        let all = webhooks + [removed].compactMap { $0 }
        return Choice.list(all.map { ($0, $0) }, selected: selected, all: "All webhooks")
    }

    /// Why a page has no rows; `nil` where it has some.
    private static func emptiness(
        of page: DeliveryPage,
        _ filter: DeliveryFilter,
        _ cursor: String?,
        hasWebhooks: Bool
    ) -> String? {
        guard page.deliveries.isEmpty else { return nil }
        if let backTo = page.lookedBackTo {
            return
                "None of the \(Limits.window.grouped) deliveries since \(backTo.utc) matches. The next page searches further back."
        }
        if cursor != nil { return "There are no older deliveries." }
        if filter != DeliveryFilter() { return "No delivery matches this filter." }
        return hasWebhooks ? "No deliveries yet." : "There is no webhook, so there are no deliveries."
    }

    private func replayDelivery(_ request: PageRequest) async throws -> Response {
        let form = try await Form(of: request)
        let place = DeliveryCursor(
            eventID: try form.text(required: "event", "The event"),
            endpointID: try form.text(required: "endpoint", "The webhook")
        )
        guard let delivery = try await self.delivery(at: place) else {
            throw Problem.notFound("This delivery no longer exists: old deliveries are deleted.")
        }
        guard delivery.status != .pending else {
            throw Problem(
                status: .conflict,
                code: "conflict",
                detail: "This delivery is already pending, so nothing was changed."
            )
        }
        let selection = ReplaySelection(
            endpointID: delivery.endpointID,
            eventID: delivery.eventID,
            status: delivery.status
        )
        _ = try await request.administration(of: self.api).replay(selection)
        return self.webhook(delivery.endpointID, did: "replayed", request)
    }

    private func delivery(at place: DeliveryCursor) async throws -> WebhookDelivery? {
        // Ids of events have one length, so none is between this one and the same with another digit.
        let before = DeliveryCursor(eventID: place.eventID + "0", endpointID: "")
        let filter = DeliveryFilter(endpointID: place.endpointID)
        return try await self.api.store.deliveries(filter, after: before, limit: 1).rows.first { $0.place == place }
    }
}

struct DeliveriesContent: PageContent {
    static let template = "deliveries"

    var endpointOptions: [Choice]
    var statusOptions: [Choice]
    var filter: DeliveryFields
    var clearHref: String?
    var rows: [DeliveryRow]
    var empty: String?
    var firstHref: String?
    var nextHref: String?
}

/// The fields of the filter as they were entered.
struct DeliveryFields {
    var job: String
}

extension DeliveryFilter {
    /// The address of a view with this filter.
    fileprivate func link(_ path: String) -> Link {
        Link(path, [("endpoint", self.endpointID), ("status", self.status?.rawValue), ("job", self.jobID)])
    }
}
