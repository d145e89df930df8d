import HTTPTypes
import Hummingbird
package import Unstick

extension UnstickAPI {
    var pauseRoutes: [Route] {
        let path = "/api/admin/pause"
        return [
            Route(method: .get, path: path, access: .right([.view])) { _ in
                try Answer.json(PauseAnswer(try await self.store.currentPause()))
            },
            Route(method: .post, path: path, access: .right([.operate]), handle: self.pause),
            Route(method: .delete, path: path, access: .right([.operate])) { call in
                let actor = try call.actor
                _ = try await self.store.audited(actor.act(.resume)) { try await self.store.resume() }
                return try Answer.json(PauseAnswer(nil))
            },
        ]
    }

    private func pause(_ call: Call) async throws -> Response {
        let body = try await JSONBody(of: call, allowing: ["seconds"])
        let longest = Int(Pause.longest.inMilliseconds / 1000)
        let seconds = try body.integer("seconds", in: 1...longest) ?? 3600
        let pause = try await self.pause(for: .seconds(seconds), by: call.actor)
        return try Answer.json(PauseAnswer(pause))
    }

    /// Pauses cleaning on every server.
    package func pause(for duration: Duration, by actor: Actor) async throws -> Pause {
        try await self.store.audited(actor.act(.pause, detail: "for \(duration.text)")) {
            try await self.store.pause(for: duration, by: actor.principal.name)
        }
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
