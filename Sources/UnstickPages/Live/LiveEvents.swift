import UnstickServer

/// What a stream of changes says to a browser.
enum LiveEvents {
    enum Event {
        case change
        case sign
        case end

        /// As [server-sent events](https://html.spec.whatwg.org/multipage/server-sent-events.html) are written.
        var text: String {
            switch self {
            case .change: "event: change\ndata: {}\n\n"
            case .sign: ": still here\n\n"
            case .end: "event: end\ndata: {}\n\n"
            }
        }
    }

    /// Changes as they come, a sign now and then, and the end: when the time is up, nothing changes any more, or the
    /// browser has gone.
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
