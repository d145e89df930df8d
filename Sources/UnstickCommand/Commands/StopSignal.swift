import ArgumentParser
import Foundation
import Synchronization
import UnixSignals
import Unstick

/// Ctrl-C, and SIGTERM, while a command works: the first one ends the work in good order, a second one the process.
final class StopSignal: Sendable {
    private let received = Mutex<Int32?>(nil)

    /// Whether a signal was received.
    var hasCome: Bool { self.received.withLock { $0 != nil } }

    /// The exit code then: 130 after Ctrl-C, 143 after SIGTERM.
    var exitCode: ExitCode { ExitCode(128 + (self.received.withLock { $0 } ?? SIGINT)) }

    /// Reports on standard error what was done and how to continue.
    func report(_ text: String) {
        let name = self.received.withLock { $0 } == SIGTERM ? "SIGTERM" : "Ctrl-C"
        Output.note("Stopped by \(name). \(text)")
    }

    /// Runs work as a task that is cancelled when a signal is received.
    func watching<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        let task = Task { try await work() }
        let listener = Task {
            for await signal in signals {
                let number = signal == .sigterm ? SIGTERM : SIGINT
                let isFirst = self.received.withLock { received in
                    defer { received = received ?? number }
                    return received == nil
                }
                guard isFirst else { _exit(128 + number) }
                task.cancel()
            }
        }
        defer { listener.cancel() }
        return try await task.value
    }
}
