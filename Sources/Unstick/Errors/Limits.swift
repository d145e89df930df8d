/// The limits for every caller, on every store.
public enum Limits {
    /// The largest amount and the largest balance: 2^53-1, the last integer that JavaScript represents exactly.
    public static let tokens = 9_007_199_254_740_991
    /// The longest id, kind or tier, in bytes of UTF-8.
    public static let idBytes = 200
    /// The longest reason or note, in bytes of UTF-8.
    public static let noteBytes = 2000
    /// The largest payload of a job, in bytes of UTF-8.
    public static let payloadBytes = 65_536
    /// How many heartbeats or completions one call takes.
    public static let batchedCalls = 1000
    /// How many kinds one claim names.
    public static let claimedKinds = 100
    /// How many jobs one claim takes.
    public static let claimedJobs = 100
    /// The most rows on one page of a listing.
    public static let page = 500
    /// The most kinds in a list of kinds.
    public static let kinds = 1000
    /// How many rows one page reads for a condition that no index serves.
    public static let window = 5000
    /// How many rows a count reads.
    public static let counted = 20_000
    /// The most late completions in a list.
    public static let lateCompletions = 1000
    /// The times that a rule may set: 1 ms to ten years.
    public static let timeoutMilliseconds = 1...315_360_000_000
    /// The timeouts that may replace those of every rule for a whole run: 1 s to ten years.
    public static let runTimeoutMilliseconds = 1000...315_360_000_000
    /// The sizes of a batch.
    public static let batchSize = 1...10_000

    /// - Throws: ``UnstickError`` `amountOutOfRange` unless the amount is 1 to ``tokens``.
    package static func checkAmount(_ amount: Int, _ name: String) throws {
        guard 1...tokens ~= amount else {
            throw UnstickError(
                .amountOutOfRange,
                "The \(name) must be a whole number from 1 to \(tokens); it is \(amount)."
            )
        }
    }
}
