/// The state of one alert: a row that all servers share.
///
/// Every server computes the next state and writes it if ``phase`` and ``since`` are still as it read them. A refused
/// write means that another server was first; it is dropped together with its event.
public struct AlertState: Hashable, Sendable, Encodable {
    /// The phases of an alert.
    public enum Phase: String, Sendable, Codable, CaseIterable {
        /// The condition is false.
        case ok
        /// The condition is true, but not yet for long enough to fire.
        case rising
        /// The alert fires, and its event is sent.
        case firing
        /// The condition is false again, but not yet for long enough to end the alert.
        case falling
    }

    /// The alert.
    public var name: AlertName
    /// Its phase.
    public var phase: Phase
    /// When it entered this phase; while it fires, when its text was last written.
    public var since: Timestamp
    /// When it started to fire, the same through ``Phase/firing`` and ``Phase/falling``; otherwise `nil`.
    public var firingSince: Timestamp?
    /// The measured value.
    public var value: Double
    /// The limit.
    public var threshold: Double
    /// What is wrong, and what to do next.
    public var summary: String

    /// Whether the alert fires and its end has not been sent.
    public var isFiring: Bool { self.phase == .firing || self.phase == .falling }

    private enum CodingKeys: String, CodingKey {
        case name = "alert"
        case phase, since, firingSince, value, threshold, summary
    }

    /// Makes the state of an alert that was never checked: the meaning of a missing row.
    package init(_ name: AlertName) {
        self.init(
            name: name,
            phase: .ok,
            since: Timestamp(milliseconds: 0),
            firingSince: nil,
            value: 0,
            threshold: 0,
            summary: ""
        )
    }

    /// Makes a state from its stored fields.
    public init(
        name: AlertName,
        phase: Phase,
        since: Timestamp,
        firingSince: Timestamp?,
        value: Double,
        threshold: Double,
        summary: String
    ) {
        self.name = name
        self.phase = phase
        self.since = since
        self.firingSince = firingSince
        self.value = value
        self.threshold = threshold
        self.summary = summary
    }
}
