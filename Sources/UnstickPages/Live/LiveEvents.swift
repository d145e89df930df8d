import UnstickServer

/// The messages of a stream of changes.
enum LiveEvents {
    enum Event {
        case change
        case sign
        case end

        /// In the format of [server-sent events](https://html.spec.whatwg.org/multipage/server-sent-events.html).
        var text: String {
            switch self {
            case .change: "event: change\ndata: {}\n\n"
            case .sign: ": still here\n\n"
            case .end: "event: end\ndata: {}\n\n"
            }
        }
    }

    /// Changes as they happen, a keep-alive from time to time, and the end: when the time is up, nothing changes any
    /// more, or the browser has disconnected.
    static func of(_ changes: AsyncStream<Void>, sign: Duration, for longest: Duration) -> AsyncStream<Event> {
        AsyncStream { events in
            let task = Task {
                await withTaskGroup(of: Void.self) { group in
                    group.addTask {
                        for await _ in changes { events.yield(.change) }
                    }
                    group.addTask {
                        let end = ContinuousClock.now + longest
                        while ContinuousClock.now + sign < end, !Task.isCancelled {
                            try? await Task.sleep(for: sign)
                            events.yield(.sign)
                        }
                    }
                    if let presence = Presence.current { group.addTask { await presence.gone() } }
                    await group.next()
                    group.cancelAll()
                }
                events.yield(.end)
                events.finish()
            }
            events.onTermination = { _ in task.cancel() }
        }
    }
}
