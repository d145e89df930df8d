import HTTPTypes
import Hummingbird
import Unstick
import UnstickServer

extension AdminPages {
    /// The path of the stream of changes.
    static let livePath = "/admin/live"

    /// How long one stream lasts; the browser then reconnects and authenticates again.
    private static let longest = Duration.seconds(600)
    /// The interval of keep-alives, because proxies close silent connections.
    private static let sign = Duration.seconds(15)

    var liveRoutes: [PageRoute] {
        [
            .get("/live") { request in
                let watched = request.call.request.uri.queryParameters.get("watch") ?? ""
                guard let topic = LiveTopic(watched) else {
                    throw Problem.badRequest("There is no such live view.")
                }
                let changes: AsyncStream<Void>
                do throws(Shares.Refusal) {
                    changes = try self.live.changes(of: topic, for: Self.holders(of: request))
                } catch {
                    throw Problem.tooMany("open pages", error, retryAfter: 60)
                }
                return Response(
                    status: .ok,
                    headers: [.contentType: "text/event-stream", .accelBuffering: "no"],
                    body: ResponseBody { writer in
                        try await Self.write(changes, to: &writer)
                        try await writer.finish(nil)
                    }
                )
            }
        ]
    }

    /// The holders of the limits for open pages: the address, and the session.
    private static func holders(of request: PageRequest) -> [Shares.Holder] {
        let session =
            request.session.map(\.digest.hexadecimal) ?? request.principal.map { "\($0.credential) \($0.name)" }
        return [Shares.Holder("address \(request.call.client.group)", most: LiveUpdates.mostOfAddress)]
            + (session.map { [Shares.Holder("session \($0)", most: LiveUpdates.mostOfSession)] } ?? [])
    }

    @concurrent private static func write(
        _ changes: AsyncStream<Void>,
        to writer: inout any ResponseBodyWriter
    ) async throws {
        try await writer.write(ByteBuffer(string: ": hello\nretry: 3000\n\n"))
        for await event in LiveEvents.of(changes, sign: Self.sign, for: Self.longest) {
            try await writer.write(ByteBuffer(string: event.text))
        }
    }
}

extension HTTPField.Name {
    // Stops nginx from buffering the stream. A constant of the right form.
    fileprivate static let accelBuffering = HTTPField.Name("X-Accel-Buffering") ?? .via
}
