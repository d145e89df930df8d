/// Where one alert stands: the row that all servers share.
///
/// Every server works out the next state by itself and writes it where ``phase`` and ``since`` are still what it read. A
/// write that is refused means that another server was first, and is forgotten together with its event.
public struct AlertState: Hashable, Sendable, Encodable {
    /// The steps from well to wrong and back.
    public enum Phase: String, Sendable, Codable, CaseIterable {
        /// All is well.
        case ok
        /// Something is wrong, but not for long enough to tell anybody.
        case rising
        /// Something is wrong, and it was told.
        case firing
        /// All is well again, but not for long enough to tell anybody.
        case falling
    }

    /// Which alert.
    public var name: AlertName
    /// Where it stands.
    public var phase: Phase
    /// When it came to stand there; while it fires, when what it says was last written.
    public var since: Timestamp
    /// When it began to fire, the same through ``Phase/firing`` and ``Phase/falling``; otherwise `nil`.
    public var firingSince: Timestamp?
    /// What was measured.
    public var value: Double
    /// What it may be at most.
    public var threshold: Double
    /// What is wrong, and what to do next.
    public var summary: String

    /// Whether it was told that something is wrong, and not yet that all is well.
    public var isFiring: Bool { self.phase == .firing || self.phase == .falling }

    private enum CodingKeys: String, CodingKey {
        case name = "alert"
        case phase, since, firingSince, value, threshold, summary
    }

    /// Makes the state of an alert that was never looked at: what a row that is missing stands for.
    public init(_ name: AlertName) {
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

    /// Makes a state from its stored facts.
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
