package import Unstick

// Where a window ends: at its last row if it is full, otherwise at its limit, otherwise with the list.

extension Window where Place == String {
    /// - Parameters:
    ///   - rows: the matching rows.
    ///   - limit: the most rows.
    ///   - end: the id of the last row that was read; `nil` where the list ended before.
    package init(rows: [Row], limit: Int, end: String?) where Row: Identifiable<String> {
        guard rows.count < limit else {
            self.init(rows: rows, next: rows.last?.id)
            return
        }
        self.init(rows: rows, next: end, lookedBackTo: end.map { RandomID.time(of: $0) })
    }
}

extension Window where Row == Job, Place == JobCursor {
    /// - Parameters:
    ///   - rows: the matching rows.
    ///   - limit: the most rows.
    ///   - end: the last row that was read; `nil` where the list ended before, or every row matches.
    package init(rows: [Job], limit: Int, end: JobCursor?, of search: JobSearch) {
        guard rows.count < limit else {
            self.init(rows: rows, next: rows.last.map { search.place(of: $0) })
            return
        }
        self.init(rows: rows, next: end, lookedBackTo: end?.time)
    }
}

extension Window where Row == WebhookDelivery, Place == DeliveryCursor {
    /// - Parameters:
    ///   - rows: the matching rows.
    ///   - limit: the most rows.
    ///   - end: the last row that was read; `nil` where the list ended before, or every row matches.
    package init(rows: [WebhookDelivery], limit: Int, end: DeliveryCursor?) {
        guard rows.count < limit else {
            self.init(rows: rows, next: rows.last?.place)
            return
        }
        self.init(rows: rows, next: end, lookedBackTo: end.map { RandomID.time(of: $0.eventID) })
    }
}
