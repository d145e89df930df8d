import Foundation
import Synchronization
import Unstick

/// Shows how many jobs have been read, on a terminal only.
final class ReadingProgress: Sendable {
    private static let step = 100_000
    private let isShown = isatty(STDERR_FILENO) == 1
    private let read = Atomic(0)

    /// How many jobs have been read.
    var count: Int { self.read.load(ordering: .relaxed) }

    func show(_ count: Int) {
        self.read.store(count, ordering: .relaxed)
        guard self.isShown, count % Self.step == 0 else { return }
        StandardStream.errors.write("\rRead \(count.grouped) jobs\u{1b}[K")
    }

    /// Runs a reading of the past that Ctrl-C stops; it changes nothing in any case.
    func watching<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let stop = StopSignal()
        defer { self.end() }
        do {
            return try await stop.watching(work)
        } catch  where stop.hasCome {
            self.end()
            stop.report(
                "\(self.count > 0 ? "\(self.count.of("job")) were read" : "The jobs were being read"), and nothing was changed. "
                    + "To start again, run the same command."
            )
            throw stop.exitCode
        }
    }

    private func end() {
        if self.isShown { StandardStream.errors.write("\r\u{1b}[K") }
    }
}
