/// How one pass is to go.
public struct CleanupOptions: Hashable, Sendable {
    /// The age of an attempt from which on it is stuck.
    ///
    /// 5 minutes unless set; 1 ms to ten years.
    public var timeout: Duration
    /// Only look: the list and the record are made, and nothing else changes.
    public var dryRun: Bool
    /// How many jobs one transaction, and without ``drain`` the whole pass, takes.
    ///
    /// 100 unless set; 1 to 10,000.
    public var batchSize: Int
    /// Go on, batch by batch, until nothing is stuck.
    public var drain: Bool
    /// Go on although ``MassFailureGuard`` would hold the pass.
    public var force: Bool

    /// Makes options; without arguments, the defaults.
    public init(
        timeout: Duration = .seconds(300),
        dryRun: Bool = false,
        batchSize: Int = 100,
        drain: Bool = false,
        force: Bool = false
    ) {
        self.timeout = timeout
        self.dryRun = dryRun
        self.batchSize = batchSize
        self.drain = drain
        self.force = force
    }

    /// Checks the ranges.
    ///
    /// - Throws: ``UnstickError`` `invalidArgument`, naming the option and its range.
    public func validate() throws {
        guard Limits.timeoutMilliseconds.contains(self.timeout.inMilliseconds) else {
            throw UnstickError(.invalidArgument, "The timeout must be from 1 ms to 315360000000 ms (ten years).")
        }
        guard Limits.batchSize.contains(self.batchSize) else {
            throw UnstickError(
                .invalidArgument,
                "The batch size must be from 1 to \(Limits.batchSize.upperBound) jobs."
            )
        }
    }
}
