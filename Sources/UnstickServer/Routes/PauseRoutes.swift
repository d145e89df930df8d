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
            Route(method: .post, path: path, access: .right([.administer]), handle: self.pause),
            Route(method: .delete, path: path, access: .right([.administer])) { _ in
                _ = try await self.store.resume()
                return try Answer.json(PauseAnswer(nil))
            },
        ]
    }

    private func pause(_ call: Call) async throws -> Response {
        let body = try await JSONBody(of: call, allowing: ["seconds"])
        let longest = Int(Pause.longest.inMilliseconds / 1000)
        let seconds = try body.integer("seconds", in: 1...longest) ?? 3600
        let pause = try await self.store.pause(for: .seconds(seconds), by: call.principal?.name ?? "unknown")
        return try Answer.json(PauseAnswer(pause))
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
