import Hummingbird
import HummingbirdCore
import Unstick
import UnstickServer

/// What came of the last act, shown once at the top of the page it led to.
///
/// The address names it; the words are ours, so that nobody can put words of theirs into a link.
struct Notice {
    var kind: String
    var text: String

    init(kind: String, text: String) {
        self.kind = kind
        self.text = text
    }

    /// What the address names, if anything.
    init?(of visit: Visit) {
        guard let code = visit.call.request.uri.queryParameters.get("did"), let known = Self.known[code] else {
            return nil
        }
        self = known
    }

    private static let known: [String: Notice] = [
        "retried": Notice(kind: "ok", text: "The job is in the queue again."),
        "failed": Notice(kind: "ok", text: "The job was failed, and refunded as its rule says."),
        "cancelled": Notice(kind: "ok", text: "The job was called off, and refunded as its rule says."),
        "refused": Notice(
            kind: "warning",
            text: "Nothing was changed: the job had changed in the meantime. It is shown as it is now."
        ),
        "stopped": Notice(kind: "ok", text: "Stopped. What was done before stays done."),
        "booked": Notice(kind: "ok", text: "Booked."),
        "booked-before": Notice(kind: "warning", text: "This was booked before; nothing was booked again."),
        "paused": Notice(kind: "ok", text: "Cleaning is paused on every server."),
        "resumed": Notice(kind: "ok", text: "Cleaning goes on."),
        "reloaded": Notice(kind: "ok", text: "The policy was read again and is in force."),
        "enabled": Notice(kind: "ok", text: "The webhook is enabled."),
        "disabled": Notice(kind: "ok", text: "The webhook is disabled."),
        "tested": Notice(kind: "ok", text: "The receiver took the test event."),
        "test-failed": Notice(
            kind: "error",
            text: "The receiver did not take the test event. See unstick webhook test."
        ),
        "replayed": Notice(kind: "ok", text: "Deliveries that had ended will be sent again."),
        "revoked": Notice(kind: "ok", text: "The token is withdrawn; sessions that were begun with it have ended."),
    ]
}
