import Unstick

extension MonitorURL {
    /// How many bytes of a message Cronitor is sent; it takes 2000 characters.
    static let messageLimit = 2000

    /// Says what to send for a ping.
    ///
    /// Where the URL already has one of the parameters that are sent, the one that is sent takes its place.
    func request(for ping: HeartbeatPing) -> MonitorRequest {
        let run = ping.run.id
        switch self.service {
        case .healthchecks:
            let ending =
                switch ping.event {
                case .start: "/start"
                case .success: self.path.isEmpty ? "/" : ""
                case .failure: "/fail"
                }
            return MonitorRequest(url: self.url(ending, ["rid": run]), body: ping.text)
        case .cronitor:
            let state =
                switch ping.event {
                case .start: "run"
                case .success: "complete"
                case .failure: "fail"
                }
            let message = ping.text?.cut(toBytes: Self.messageLimit).percentEncoded
            return MonitorRequest(url: self.url("", ["state": state, "series": run, "message": message]), body: nil)
        case .sentry:
            let status =
                switch ping.event {
                case .start: "in_progress"
                case .success: "ok"
                case .failure: "error"
                }
            // Its documentation has the slash; a text it does not take.
            return MonitorRequest(url: self.url("/", ["status": status, "check_in_id": run]), body: nil)
        }
    }

    private func url(_ ending: String, _ parameters: KeyValuePairs<String, String?>) -> String {
        let kept = self.query.filter { part in
            !parameters.contains { part.prefix { $0 != "=" } == $0.key }
        }
        let added = parameters.compactMap { name, value in value.map { "\(name)=\($0)" } }
        return "\(self.origin)\(self.path)\(ending)?\((kept + added).joined(separator: "&"))"
    }
}
