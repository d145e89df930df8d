import Unstick

/// The fields for a new webhook, as they were filled in.
struct WebhookForm {
    var url = ""
    var events = "*"
    var note = ""

    /// The fields as they are at first.
    init() {}

    /// The fields that somebody sent.
    init(_ form: Form) {
        self.url = form.text("url") ?? ""
        self.events = form.text("events") ?? ""
        self.note = form.text("note") ?? ""
    }

    /// What it is to be told of.
    ///
    /// - Throws: ``UnstickError`` `invalidArgument` for too much of it.
    func patterns(atMost most: Int) throws -> [String] {
        let patterns = self.events.split { $0 == "," || $0.isWhitespace }.map(String.init)
        guard patterns.count <= most else {
            throw UnstickError(.invalidArgument, "Enter at most \(most) events or families such as job.*.")
        }
        return patterns
    }
}
