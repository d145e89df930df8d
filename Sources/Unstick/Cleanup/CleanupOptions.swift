/// The options of one run.
public struct CleanupOptions: Hashable, Sendable {
    /// The age at which an attempt is stuck, in place of the timeout of every rule: 1 s to ten years.
    ///
    /// With `nil`, the default, the policy decides, whose standard is 5 minutes.
    public var timeout: Duration?
    /// Only list and record the jobs, and change nothing else.
    public var dryRun: Bool
    /// How many jobs one transaction, and without ``drain`` the whole run, takes: 1 to 10,000.
    ///
    /// `nil`, the default, is 100. A drain then starts with 100 and adapts the size to how long the database works on
    /// its batches, so that a caller seldom waits for a balance for more than 30 ms and the round trip.
    public var batchSize: Int?
    /// Continue, batch by batch, until no job is stuck.
    public var drain: Bool
    /// Run although ``MassFailureGuard`` would hold the run.
    public var force: Bool
    /// The kinds of jobs to take, ``Limits/claimedKinds`` at most; none, the default, for all.
    public var kinds: [String]

    /// Makes options; without arguments, the defaults.
    public init(
        timeout: Duration? = nil,
        dryRun: Bool = false,
        batchSize: Int? = nil,
        drain: Bool = false,
        force: Bool = false,
        kinds: [String] = []
    ) {
        self.timeout = timeout
        self.dryRun = dryRun
        self.batchSize = batchSize
        self.drain = drain
        self.force = force
        self.kinds = kinds
    }

    /// The size of the first batch.
    package var firstBatchSize: Int { self.batchSize ?? Self.standardBatchSize }

    /// The size of a run that has no batch size.
    package static let standardBatchSize = 100

    /// Checks the ranges.
    ///
    /// - Throws: ``UnstickError`` `invalidArgument`, naming the option and its range.
    package func validate() throws {
        guard self.timeout.map({ Limits.runTimeoutMilliseconds.contains($0.inMilliseconds) }) ?? true else {
            throw UnstickError(
                .invalidArgument,
                "The timeout of a whole run must be from 1s to 3650d; it is \(self.timeout?.text ?? ""). A shorter timeout would "
                    + "fail jobs that have just started. A rule of the policy may set a shorter one."
            )
        }
        guard Limits.batchSize.contains(self.firstBatchSize) else {
            throw UnstickError(
                .invalidArgument,
                "The batch size must be from 1 to \(Limits.batchSize.upperBound) jobs."
            )
        }
        guard self.kinds.count <= Limits.claimedKinds else {
            throw UnstickError(.invalidArgument, "Name at most \(Limits.claimedKinds) kinds.")
        }
        for kind in self.kinds { try Limits.checkID(kind, "kind") }
    }
}
