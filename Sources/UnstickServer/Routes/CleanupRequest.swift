import Unstick

/// The body of a cleanup call.
///
/// It is read strictly: a mangled `{"dryRun": true` must never become a real run.
struct CleanupRequest {
    private let timeoutMs: Int?
    private let dryRun: Bool?
    private let batchSize: Int?
    private let force: Bool?
    private let kinds: [String]

    /// Reads the body; none at all asks for the defaults.
    init(of call: Call) async throws {
        let body = try await JSONBody(of: call, allowing: ["timeoutMs", "dryRun", "batchSize", "force", "kinds"])
        self.timeoutMs = try body.integer("timeoutMs", in: Limits.runTimeoutMilliseconds)
        self.batchSize = try body.integer("batchSize", in: Limits.batchSize)
        self.dryRun = try body.flag("dryRun")
        self.force = try body.flag("force")
        // No kinds at all must not mean all of them.
        self.kinds = body.has("kinds") ? try body.texts(required: "kinds", most: Limits.claimedKinds) : []
        for (index, kind) in self.kinds.enumerated() {
            do { try Limits.checkID(kind, "kind") } catch let error as UnstickError {
                throw Problem.badRequest(error.message, pointer: "/kinds/\(index)")
            }
        }
    }

    func options(over standard: CleanupOptions) -> CleanupOptions {
        CleanupOptions(
            timeout: self.timeoutMs.map { .milliseconds($0) } ?? standard.timeout,
            dryRun: self.dryRun ?? false,
            batchSize: self.batchSize ?? standard.batchSize,
            force: self.force ?? false,
            kinds: self.kinds
        )
    }
}
