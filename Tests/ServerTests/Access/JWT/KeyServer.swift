import Synchronization
import Unstick

/// Simulates an issuer's key server, and the clock.
final class KeyServer: Sendable {
    /// The error of a failing server.
    struct Failure: Error {}

    private struct State {
        var now = JWTFixtures.now
        var document: [UInt8]?
        var fetches = 0
        var arrivals = 0
        var isOpen = true
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    /// Makes a server with a document, or one that fails.
    init(_ document: [UInt8]?) {
        self.state = Mutex(State(document: document))
    }

    /// How often the document was fetched.
    var fetches: Int { self.state.withLock { $0.fetches } }
    /// How many callers have announced themselves.
    var arrivals: Int { self.state.withLock { $0.arrivals } }
    /// The current time.
    var now: Timestamp { self.state.withLock { $0.now } }

    /// Changes the document; without one, it fails.
    func serve(_ document: [UInt8]?) { self.state.withLock { $0.document = document } }

    /// Lets time pass.
    func wait(_ duration: Duration) { self.state.withLock { $0.now = $0.now + duration } }

    /// Announces a caller.
    func arrive() { self.state.withLock { $0.arrivals += 1 } }

    /// Delays answers.
    func close() { self.state.withLock { $0.isOpen = false } }

    /// Releases answers.
    func open() {
        let waiting = self.state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiter in waiting { waiter.resume() }
    }

    /// Answers.
    func fetch(_ url: String) async throws -> [UInt8] {
        await withCheckedContinuation { continuation in
            let isOpen = self.state.withLock { state in
                state.fetches += 1
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
        guard let document = self.state.withLock({ $0.document }) else { throw Failure() }
        return document
    }
}
