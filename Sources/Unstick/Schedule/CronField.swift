/// One of the five fields of a cron expression: which values match, and whether it was written with a leading star.
struct CronField: Hashable, Sendable {
    /// The unit of a field.
    enum Unit: Sendable, CaseIterable {
        case minute, hour, dayOfMonth, month, dayOfWeek

        var name: String {
            switch self {
            case .minute: "minute"
            case .hour: "hour"
            case .dayOfMonth: "day of month"
            case .month: "month"
            case .dayOfWeek: "day of week"
            }
        }

        var range: ClosedRange<Int> {
            switch self {
            case .minute: 0...59
            case .hour: 0...23
            case .dayOfMonth: 1...31
            case .month: 1...12
            case .dayOfWeek: 0...7
            }
        }

        /// Names that stand for values, in any case.
        var names: [String] {
            switch self {
            case .month: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
            case .dayOfWeek: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
            default: []
            }
        }
    }

    let unit: Unit
    /// The matching values, ascending; Sunday is 0.
    let values: [Int]
    /// Written with a leading star: `*` or `*/2`.
    ///
    /// Debian's rules for days and for clock changes depend on this, not on whether every value matches.
    let isStar: Bool

    /// - Throws: ``UnstickError`` `invalidArgument` with the field, the part and what is valid.
    init(_ text: Substring, unit: Unit) throws {
        self.unit = unit
        self.isStar = text.hasPrefix("*") || text == "?"
        var matching: Set<Int> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            matching.formUnion(try Self.values(of: part, unit: unit))
        }
        if unit == .dayOfWeek, matching.remove(7) != nil { matching.insert(0) }
        self.values = matching.sorted()
    }

    func contains(_ value: Int) -> Bool {
        self.values.contains(value)
    }

    /// Whether every value of the unit matches.
    var isEverything: Bool {
        self.values.count == (self.unit == .dayOfWeek ? 7 : self.unit.range.count)
    }

    private static func values(of part: Substring, unit: Unit) throws -> Set<Int> {
        let halves = part.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let base = halves.first, !base.isEmpty else { throw refused(part, unit, "it is empty") }
        let step = halves.count == 2 ? Int(halves[1]) : 1
        guard let step, step >= 1, halves.count == 1 || halves[1].allSatisfy(\.isNumber) else {
            throw refused(part, unit, "the step after the slash must be a whole number of 1 or more")
        }
        let range = try range(of: base, in: part, unit: unit, stepped: halves.count == 2)
        return Set(stride(from: range.lowerBound, through: range.upperBound, by: step))
    }

    private static func range(
        of base: Substring,
        in part: Substring,
        unit: Unit,
        stepped: Bool
    ) throws -> ClosedRange<Int> {
        if base == "*" { return unit == .dayOfWeek ? 0...6 : unit.range }
        if base == "?" {
            guard !stepped, unit == .dayOfMonth || unit == .dayOfWeek else {
                throw refused(part, unit, "? stands alone, for a day of month or a day of week")
            }
            return unit == .dayOfWeek ? 0...6 : unit.range
        }
        let ends = base.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let first = try value(of: ends[0], in: part, unit: unit)
        guard ends.count == 2 else { return stepped ? first...max(first, lastOf(unit)) : first...first }
        let last = try value(of: ends[1], in: part, unit: unit)
        guard first <= last else {
            throw refused(part, unit, "the range runs backwards; write a list such as \(ends[0]),\(ends[1]) instead")
        }
        return first...last
    }

    private static func lastOf(_ unit: Unit) -> Int {
        unit == .dayOfWeek ? 6 : unit.range.upperBound
    }

    private static func value(of text: Substring, in part: Substring, unit: Unit) throws -> Int {
        if let index = unit.names.firstIndex(of: text.lowercased()) { return index + unit.range.lowerBound }
        guard let number = Int(text), text.allSatisfy({ $0.isASCII && $0.isNumber }) else {
            throw refused(part, unit, "'\(text)' is neither a number nor a name")
        }
        guard unit.range.contains(number) else {
            throw refused(part, unit, "\(number) is outside \(unit.range.lowerBound)-\(unit.range.upperBound)")
        }
        return number
    }

    private static func refused(_ part: Substring, _ unit: Unit, _ reason: String) -> UnstickError {
        UnstickError(.invalidArgument, "The schedule's \(unit.name) '\(part)' cannot be used: \(reason).")
    }
}
