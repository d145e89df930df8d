/// What to send to a monitor: a GET, or a POST of plain text where there is a body.
struct MonitorRequest: Hashable, Sendable {
    /// The URL to call, which is a secret.
    let url: String
    /// The body.
    let body: String?
}
