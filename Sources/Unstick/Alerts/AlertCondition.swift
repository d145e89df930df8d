/// What one look at the facts says about one alert.
public struct AlertCondition: Hashable, Sendable {
    /// Whether something is wrong now.
    public var isTrue: Bool
    /// What was measured: jobs, tokens or mismatches, and seconds for an age.
    public var value: Double
    /// What it may be at most, in the same unit.
    public var threshold: Double
    /// What is wrong, how much, what the limit is, and what to do next, in words for people.
    ///
    /// Names no user and no job, and nothing secret.
    public var summary: String

    /// Makes a condition.
    public init(isTrue: Bool, value: Double, threshold: Double, summary: String) {
        self.isTrue = isTrue
        self.value = value
        self.threshold = threshold
        self.summary = summary
    }

    /// What an alert that is not wanted comes to, so that one that fires when it is switched off ends.
    static let off = AlertCondition(isTrue: false, value: 0, threshold: 0, summary: "This alert is disabled.")
}
