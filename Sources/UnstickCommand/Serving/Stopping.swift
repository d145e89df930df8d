import ArgumentParser
import Foundation
import Logging
import ServiceLifecycle
import Synchronization
import UnixSignals

/// Handles SIGTERM and SIGINT for a server.
///
/// During the start it ends at once: there is nothing to end in good order. A running server stops in good order, but
/// in a bounded time, so that a database that does not answer cannot delay it. A second signal ends it at once.
final class Stopping: Sendable {
    private enum State {
        case starting
        case serving(ServiceGroup)
        case stopping
    }

    /// How long a stop waits for calls in progress and for the current batch.
    static let gracePeriod = Duration.seconds(30)
    /// How much longer it waits for what does not answer.
    private static let grace = Duration.seconds(5)

    private let state = Mutex(State.starting)
    private let logger: Logger
    private let sleep: @Sendable (Duration) -> Void
    private let exit: @Sendable (Int32) -> Void

    /// - Parameters:
    ///   - logger: the log of a stop that took too long.
    ///   - sleep: waits on its own thread.
    ///   - exit: ends the process.
    init(
        logger: Logger,
        sleep: @escaping @Sendable (Duration) -> Void = { Thread.sleep(forTimeInterval: $0 / .seconds(1)) },
        exit: @escaping @Sendable (Int32) -> Void = { _exit($0) }
    ) {
        self.logger = logger
        self.sleep = sleep
        self.exit = exit
    }

    /// Runs a body that signals can stop.
    func whileListening<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let listening = Task { for await _ in signals { await self.received() } }
        defer { listening.cancel() }
        return try await body()
    }

    /// Whether a signal stops it in good order.
    var isServing: Bool {
        self.state.withLock { state in if case .serving = state { true } else { false } }
    }

    /// Runs the services; from now on a signal stops them in good order.
    func run(_ group: ServiceGroup) async throws {
        self.state.withLock { $0 = .serving(group) }
        try await group.run()
    }

    /// A signal was received.
    func received() async {
        let state = self.state.withLock { state in
            defer { state = .stopping }
            return state
        }
        switch state {
        case .starting: self.exit(0)
        case .serving(let group):
            self.endWhenLate()
            await group.triggerGracefulShutdown()
        case .stopping: self.exit(Exit.incomplete.rawValue)
        }
    }

    /// On its own threads, so that a hanging task cannot block it.
    private func endWhenLate() {
        Thread.detachNewThread {
            self.sleep(Self.gracePeriod + Self.grace)
            Thread.detachNewThread {
                self.logger.critical(
                    "The shutdown took too long, for example because the database does not answer; the process ends now"
                )
            }
            self.sleep(.milliseconds(100))
            self.exit(Exit.incomplete.rawValue)
        }
    }
}
