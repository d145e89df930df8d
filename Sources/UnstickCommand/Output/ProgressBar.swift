import Foundation

/// A line on standard error with the progress of long work; on a terminal only.
struct ProgressBar {
    private static let cells = 24
    private let isShown = isatty(STDERR_FILENO) == 1

    func show(_ done: Int, of total: Int, _ text: String) {
        guard self.isShown else { return }
        let share = total > 0 ? min(1, Double(done) / Double(total)) : 1
        let full = Int(share * Double(Self.cells))
        let bar = String(repeating: "#", count: full) + String(repeating: ".", count: Self.cells - full)
        self.write("\r[\(bar)] \(Int(share * 100))%  \(text)\u{1b}[K")
    }

    func end() {
        if self.isShown { self.write("\r\u{1b}[K") }
    }

    private func write(_ text: String) {
        StandardStream.errors.write(text)
    }
}
