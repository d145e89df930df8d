import Foundation
import Unstick

/// Says how many jobs have been read, on a terminal only.
final class ReadingProgress: Sendable {
    private static let step = 100_000
    private let isShown = isatty(STDERR_FILENO) == 1

    func show(_ count: Int) {
        guard self.isShown, count % Self.step == 0 else { return }
        StandardStream.errors.write("\rRead \(count.grouped) jobs\u{1b}[K")
    }

    func end() {
        if self.isShown { StandardStream.errors.write("\r\u{1b}[K") }
    }
}
