/// A pause of the cleanup: no run changes anything until the pause expires or an operator ends it.
public struct Pause: Hashable, Sendable {
    /// When it ends.
    public var until: Timestamp
    /// Who requested it.
    public var by: String

    /// Makes a pause.
    public init(until: Timestamp, by: String) {
        self.until = until
        self.by = by
    }

    /// The longest pause, so that a forgotten one ends.
    public static let longest = Duration.seconds(7 * 86_400)

    private static let beginning = "Cleaning is paused until"

    /// Whether this is why a run was held.
    package static func held(_ run: Run) -> Bool { run.error?.hasPrefix(Self.beginning) == true }

    /// What the pause prevents, and how it ends.
    public var message: String {
        "\(Self.beginning) \(self.until) by \(self.by). 'unstick resume' ends the pause; a forced run ignores it."
    }
}

/// The role of a store that keeps the pause.
public protocol PauseStore: Sendable {
    /// Pauses cleaning on every node for a time from now, by the database's clock; replaces an earlier pause.
    ///
    /// - Throws: ``UnstickError`` `invalidArgument` unless the time is 1 s to ``Pause/longest``.
    func pause(for duration: Duration, by name: String) async throws -> Pause

    /// Ends the pause.
    ///
    /// - Returns: whether cleaning was paused.
    func resume() async throws -> Bool

    /// The pause in force, or `nil`.
    func currentPause() async throws -> Pause?
}

extension Pause {
    package static func check(_ duration: Duration) throws {
        guard .seconds(1)...Self.longest ~= duration else {
            throw UnstickError(.invalidArgument, "A pause lasts from 1 s to \(Self.longest.text).")
        }
    }
}
