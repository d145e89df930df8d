/// How one pass is to go.
public struct CleanupOptions: Hashable, Sendable {
    /// The age of an attempt from which on it is stuck, in place of the timeout of every rule: 1 s to ten years.
    ///
    /// `nil`, the default, goes by the policy, whose standard is 5 minutes.
    public var timeout: Duration?
    /// Only look: the list and the record are made, and nothing else changes.
    public var dryRun: Bool
    /// How many jobs one transaction, and without ``drain`` the whole pass, takes: 1 to 10,000.
    ///
    /// `nil`, the default, is 100; a drain then starts with that and goes by how long the database works on its batches, so
    /// that whoever waits for a balance seldom waits for more than 30 ms and the way to the database.
    public var batchSize: Int?
    /// Go on, batch by batch, until nothing is stuck.
    public var drain: Bool
    /// Go on although ``MassFailureGuard`` would hold the pass.
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

    /// How many jobs the first batch takes.
    package var firstBatchSize: Int { self.batchSize ?? Self.standardBatchSize }

    /// How many jobs a pass takes that nobody gave a size.
    package static let standardBatchSize = 100

    /// Checks the ranges.
    ///
    /// - Throws: ``UnstickError`` `invalidArgument`, naming the option and its range.
    public func validate() throws {
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
