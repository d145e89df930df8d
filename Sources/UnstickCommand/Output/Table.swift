import Foundation

/// An aligned table that fits the terminal: the widest text columns are shortened in the middle until it does.
///
/// Without a terminal nothing is shortened, because a script or a file needs whole values.
struct Table {
    struct Column {
        var title: String
        var isNumber = false
        /// Shortened last, because users copy it.
        var isWhole = false

        static func whole(_ title: String) -> Column { Column(title: title, isWhole: true) }
        static func text(_ title: String) -> Column { Column(title: title) }
        static func number(_ title: String) -> Column { Column(title: title, isNumber: true) }
    }

    private static let narrowest = 80

    /// The number of columns of the terminal.
    private static let terminalWidth: Int = {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 else { return .max }
        return max(Int(size.ws_col), Self.narrowest)
    }()

    private static let gap = 2

    let columns: [Column]
    /// The most columns of a line.
    var width = Self.terminalWidth
    private(set) var rows: [[String]] = []

    init(_ columns: Column...) { self.init(columns) }

    init(_ columns: [Column]) {
        self.columns = columns
    }

    mutating func add(_ cells: String...) { self.add(cells) }

    mutating func add(_ cells: [String]) {
        precondition(cells.count == self.columns.count, "a row has as many cells as the table has columns")
        self.rows.append(cells.map(TerminalText.line))
    }

    /// The table's lines, the heading first.
    var lines: [String] {
        let widths = self.widths
        let heading = self.line(self.columns.map { $0.title.uppercased() }, widths)
        return [heading] + self.rows.map { self.line($0, widths) }
    }

    func print() {
        for (index, line) in self.lines.enumerated() { Output.line(line, index == 0 ? .heading : nil) }
    }

    private var widths: [Int] {
        var widths = self.columns.indices.map { index in
            ([self.columns[index].title] + self.rows.map { $0[index] }).map(\.count).max() ?? 0
        }
        let room = self.width - Self.gap * (self.columns.count - 1)
        for isWholeToo in [false, true] {
            let candidates = self.columns.indices.filter {
                !self.columns[$0].isNumber && (isWholeToo || !self.columns[$0].isWhole)
            }
            while widths.reduce(0, +) > room, let widest = candidates.max(by: { widths[$0] < widths[$1] }),
                widths[widest] > 4
            {
                widths[widest] -= 1
            }
        }
        return widths
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        let padded = self.columns.indices.map { index in
            let cell = Self.cut(cells[index], to: widths[index])
            let padding = String(repeating: " ", count: widths[index] - cell.count)
            return self.columns[index].isNumber ? padding + cell : cell + padding
        }
        var line = padded.joined(separator: String(repeating: " ", count: Self.gap))
        while line.last == " " { line.removeLast() }
        return line
    }

    private static func cut(_ text: String, to width: Int) -> String {
        guard text.count > width else { return text }
        let head = (width - 1) / 2
        return text.prefix(head) + "…" + text.suffix(width - 1 - head)
    }
}

extension String {
    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: Swift.max(0, width - self.count))
    }
}
