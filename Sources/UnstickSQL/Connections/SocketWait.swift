import Foundation

/// Waits for the sockets of client libraries.
package enum SocketWait {
    /// Blocks until a socket is ready, at most until the deadline.
    ///
    /// - Parameter events: the events of `poll`.
    /// - Returns: whether it is ready. A socket with an error counts: the next call of the library reports it.
    package static func isReady(_ socket: Int32, for events: Int32, before deadline: ContinuousClock.Instant) -> Bool {
        while true {
            let left = (deadline - .now) / .milliseconds(1)
            guard left > 0 else { return false }
            let answer = self.poll(socket, events, milliseconds: Int32(min(left + 1, 60_000)))
            guard answer == 0 || answer < 0 && errno == EINTR else { return true }
        }
    }

    /// Whether there is unread input, or the end of it.
    package static func hasInput(_ socket: Int32) -> Bool {
        self.poll(socket, Int32(POLLIN), milliseconds: 0) > 0
    }

    private static func poll(_ socket: Int32, _ events: Int32, milliseconds: Int32) -> Int32 {
        var descriptor = pollfd(fd: socket, events: Int16(events), revents: 0)
        return Foundation.poll(&descriptor, 1, milliseconds)
    }
}
