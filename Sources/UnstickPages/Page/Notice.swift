import Hummingbird
import HummingbirdCore
import Unstick
import UnstickServer

/// The result of the last action, shown once at the top of the next page.
///
/// The address has its name; the text is ours, so that no link can show another text.
struct Notice {
    var kind: String
    var text: String

    init(kind: String, text: String) {
        self.kind = kind
        self.text = text
    }

    /// The notice in the address, if any.
    init?(of request: PageRequest) {
        guard let code = request.call.request.uri.queryParameters.get("did"), let known = Self.known[code] else {
            return nil
        }
        self = known
    }

    private static let known: [String: Notice] = [
        "retried": Notice(kind: "ok", text: "The job is in the queue again."),
        "failed": Notice(kind: "ok", text: "The job failed and was refunded by its rule."),
        "cancelled": Notice(kind: "ok", text: "The job was cancelled and refunded by its rule."),
        "refused": Notice(
            kind: "warning",
            text: "Nothing was changed: the job had changed in the meantime. Its current state is shown."
        ),
        "approved": Notice(kind: "ok", text: "The hold is approved: the next run cleans its jobs."),
        "cleared": Notice(kind: "ok", text: "The hold is cleared: the next run judges its jobs anew."),
        "stopped": Notice(kind: "ok", text: "Stopped. Earlier changes are kept."),
        "booked": Notice(kind: "ok", text: "Booked."),
        "booked-before": Notice(kind: "warning", text: "This is already booked; nothing was booked again."),
        "paused": Notice(kind: "ok", text: "Cleaning is paused on every server."),
        "resumed": Notice(kind: "ok", text: "Cleaning is resumed."),
        "reloaded": Notice(kind: "ok", text: "The policy was reloaded and is in force."),
        "enabled": Notice(kind: "ok", text: "The webhook is enabled."),
        "disabled": Notice(kind: "ok", text: "The webhook is disabled."),
        "tested": Notice(kind: "ok", text: "The receiver accepted the test event."),
        "test-failed": Notice(
            kind: "error",
            text: "The receiver did not accept the test event. 'unstick webhook test' shows why."
        ),
        "replayed": Notice(kind: "ok", text: "The deliveries will be sent again."),
        "revoked": Notice(kind: "ok", text: "The API key is revoked, and its sessions have ended."),
    ]
}
