import HTTPTypes
import Hummingbird
import Unstick

extension UnstickAPI {
    var pauseRoutes: [Route] {
        let path = "/api/admin/pause"
        return [
            Route(method: .get, path: path, access: .right([.view])) { _ in
                try Answer.json(PauseAnswer(try await self.store.currentPause()))
            },
            Route(method: .post, path: path, access: .right([.operate]), handle: self.pause),
            Route(method: .delete, path: path, access: .right([.operate])) { call in
                _ = try await self.administration(by: call).resume()
                return try Answer.json(PauseAnswer(nil))
            },
        ]
    }

    private func pause(_ call: Call) async throws -> Response {
        let body = try await JSONBody(of: call, allowing: ["seconds", "duration"])
        let pause = try await self.administration(by: call).pause(for: Self.length(body) ?? .seconds(3600))
        return try Answer.json(PauseAnswer(pause))
    }

    /// The requested duration; `nil` where the call has none.
    private static func length(_ body: JSONBody) throws -> Duration? {
        let longest = Int(Pause.longest.inMilliseconds / 1000)
        let seconds = try body.integer("seconds", in: 1...longest)
        guard let text = try body.text("duration") else { return seconds.map { .seconds($0) } }
        guard seconds == nil else {
            throw Problem.badRequest("Send seconds or duration, not both.", pointer: "/duration")
        }
        guard let length = Duration(text: text) else {
            throw Problem.badRequest(Duration.mistake(in: text), pointer: "/duration")
        }
        guard .seconds(1)...Pause.longest ~= length else {
            throw Problem.badRequest("It must be from 1s to \(Pause.longest.text).", pointer: "/duration")
        }
        return length
    }
}

/// Whether cleaning is paused.
struct PauseAnswer: Encodable {
    var paused: Bool
    var until: Timestamp?
    var by: String?

    init(_ pause: Pause?) {
        self.paused = pause != nil
        self.until = pause?.until
        self.by = pause?.by
    }
}
