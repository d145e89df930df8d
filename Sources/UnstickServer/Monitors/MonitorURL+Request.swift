import Unstick

extension MonitorURL {
    /// The most bytes of a message to Cronitor, which accepts 2000 characters.
    static let messageLimit = 2000

    /// The request for a ping.
    ///
    /// A parameter of the ping replaces one of the same name in the URL.
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
            // Its documentation has the slash; it accepts no text.
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

/// A request to a monitor: a GET, or a POST of plain text where there is a body.
struct MonitorRequest: Hashable, Sendable {
    /// The URL to call, which is a secret.
    let url: String
    /// The body.
    let body: String?
}

extension String {
    /// The text as a value in a query: everything but letters, digits and `-._~` as `%` and two hexadecimal digits.
    var percentEncoded: String {
        let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in self.utf8 {
            if plain.contains(byte) {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension Substring {
    /// The text without repetitions of a character at its end.
    func trimmingSuffix(_ character: Character) -> Substring {
        self[..<(self.lastIndex { $0 != character }.map(self.index(after:)) ?? self.startIndex)]
    }
}
