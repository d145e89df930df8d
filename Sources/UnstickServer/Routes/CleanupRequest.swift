import Unstick

/// The body of a cleanup call.
///
/// It is read strictly: a mangled `{"dryRun": true` must never become a real run.
struct CleanupRequest {
    private let timeoutMs: Int?
    private let dryRun: Bool?
    private let batchSize: Int?
    private let force: Bool?

    /// Reads the body; none at all asks for the defaults.
    init(of call: Call) async throws {
        let body = try await JSONBody(of: call, allowing: ["timeoutMs", "dryRun", "batchSize", "force"])
        self.timeoutMs = try body.integer("timeoutMs", in: Limits.runTimeoutMilliseconds)
        self.batchSize = try body.integer("batchSize", in: Limits.batchSize)
        self.dryRun = try body.flag("dryRun")
        self.force = try body.flag("force")
    }

    func options(over standard: CleanupOptions) -> CleanupOptions {
        CleanupOptions(
            timeout: self.timeoutMs.map { .milliseconds($0) } ?? standard.timeout,
            dryRun: self.dryRun ?? false,
            batchSize: self.batchSize ?? standard.batchSize,
            force: self.force ?? false
        )
    }
}
