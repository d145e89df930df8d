extension CronExpression {
    /// The schedule as text, for example `every 15 minutes` or `at 02:30 on Monday`.
    public var explanation: String {
        ([self.timeInWords] + self.dayInWords + self.monthInWords).joined(separator: " ")
    }

    private var timeInWords: String {
        if let step = self.minute.stepFromZero, self.hour.isEverything {
            return step == 1 ? "every minute" : "every \(step) minutes"
        }
        if self.minute.values.count == 1, self.minute.values[0] == 0, let step = self.hour.stepFromZero {
            return step == 1 ? "every hour" : "every \(step) hours"
        }
        if self.minute.values.count * self.hour.values.count <= 6 {
            let times = self.hour.values.flatMap { hour in
                self.minute.values.map { twoDigits(hour) + ":" + twoDigits($0) }
            }
            return "at " + list(times)
        }
        let minutes: String
        if let step = self.minute.stepFromZero {
            minutes = step == 1 ? "every minute" : "every \(step) minutes"
        } else {
            minutes = "at minute " + list(self.minute.values.map(String.init))
        }
        if self.hour.isEverything { return minutes + " of every hour" }
        if let step = self.hour.stepFromZero { return minutes + " of every \(ordinal(step)) hour" }
        return minutes + " of hour " + list(self.hour.values.map(String.init))
    }

    private var dayInWords: [String] {
        let ofMonth = "on day " + list(self.dayOfMonth.values.map(String.init)) + " of the month"
        let ofWeek = "on " + list(self.dayOfWeek.values.map { Self.weekdays[$0] })
        switch (self.dayOfMonth.isEverything, self.dayOfWeek.isEverything) {
        case (true, true): return []
        case (false, true): return [self.dayOfWeek.isStar ? ofMonth : "every day"]
        case (true, false): return [self.dayOfMonth.isStar ? ofWeek : "every day"]
        case (false, false):
            let both = self.dayOfMonth.isStar || self.dayOfWeek.isStar
            return [ofMonth + (both ? ", if that is " + String(ofWeek.dropFirst(3)) : " and " + ofWeek)]
        }
    }

    private var monthInWords: [String] {
        self.month.isEverything ? [] : ["in " + list(self.month.values.map { Self.months[$0 - 1] })]
    }

    private static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
}

extension CronField {
    /// The step when the values are 0, n, 2n, … up to the end of a range that n divides.
    fileprivate var stepFromZero: Int? {
        guard self.values.first == 0 else { return nil }
        let step = self.values.count > 1 ? self.values[1] : self.unit.range.count
        let full = Array(stride(from: 0, through: self.unit.range.upperBound, by: step))
        return self.unit.range.count % step == 0 && step < self.unit.range.count && self.values == full ? step : nil
    }
}

private func twoDigits(_ number: Int) -> String {
    number < 10 ? "0\(number)" : "\(number)"
}

private func ordinal(_ number: Int) -> String {
    switch number {
    case 2: "second"
    case 3: "third"
    default: "\(number)th"
    }
}

private func list(_ parts: [String]) -> String {
    parts.count < 2 ? parts.joined() : parts.dropLast().joined(separator: ", ") + " and " + parts[parts.count - 1]
}
