/// The difference between two texts, line by line, in the unified form.
struct LineDiff {
    /// A line of the difference.
    struct Line: Equatable {
        /// A line of one text or of both, or the heading of a group of lines.
        enum Mark: Character {
            case both = " "
            case removed = "-"
            case added = "+"
            case heading = "@"
        }

        var mark: Mark
        var text: String
    }

    /// How many unchanged lines are shown before and after a change.
    private static let context = 3

    let lines: [Line]

    init(from old: String, to new: String) {
        let all = Self.merged(Self.split(old), Self.split(new))
        var isShown = [Bool](repeating: false, count: all.count)
        for index in all.indices where all[index].mark != .both {
            for near in max(0, index - Self.context)...min(all.count - 1, index + Self.context) { isShown[near] = true }
        }
        var lines: [Line] = []
        for group in all.indices.filter({ isShown[$0] }).consecutive {
            lines.append(Self.heading(all, group))
            lines += all[group]
        }
        self.lines = lines
    }

    /// The lines of both texts, those of the old one first where they differ.
    private static func merged(_ old: [String], _ new: [String]) -> [Line] {
        var (removed, added) = (Set<Int>(), Set<Int>())
        for change in new.difference(from: old) {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): added.insert(offset)
            }
        }
        var lines: [Line] = []
        var (one, other) = (0, 0)
        while one < old.count || other < new.count {
            if removed.contains(one) {
                lines.append(Line(mark: .removed, text: old[one]))
                one += 1
            } else if added.contains(other) {
                lines.append(Line(mark: .added, text: new[other]))
                other += 1
            } else {
                lines.append(Line(mark: .both, text: new[other]))
                (one, other) = (one + 1, other + 1)
            }
        }
        return lines
    }

    /// The first line and the number of lines in each text.
    private static func heading(_ all: [Line], _ group: Range<Int>) -> Line {
        func place(_ other: Line.Mark) -> String {
            let count = all[group].count { $0.mark != other }
            let before = all[..<group.lowerBound].count { $0.mark != other }
            return "\(count > 0 ? before + 1 : before),\(count)"
        }
        return Line(mark: .heading, text: "@@ -\(place(.added)) +\(place(.removed)) @@")
    }

    private static func split(_ text: String) -> [String] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last == "" { lines.removeLast() }
        return lines
    }
}

extension [Int] {
    /// The ranges of numbers that follow each other; the numbers are sorted.
    fileprivate var consecutive: [Range<Int>] {
        self.reduce(into: []) { ranges, number in
            if let last = ranges.last, last.upperBound == number {
                ranges[ranges.count - 1] = last.lowerBound..<number + 1
            } else {
                ranges.append(number..<number + 1)
            }
        }
    }
}

extension Output {
    /// Prints a difference, with its changed lines in colour.
    ///
    /// - Parameter print: where to; a line of it is a text in a style.
    static func diff(_ diff: LineDiff, to print: (String, Style?) -> Void) {
        for line in diff.lines {
            switch line.mark {
            case .both: print(" " + line.text, nil)
            case .removed: print("-" + line.text, .error)
            case .added: print("+" + line.text, .good)
            case .heading: print(line.text, .quiet)
            }
        }
    }
}
