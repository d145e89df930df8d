import Unstick

/// The form that starts a run although the guard held it.
struct ForceForm {
    var sentence: String
    var timeout: String
    var batchSize: String
    var kinds: String
    var drain: Bool
    var confirmWord: String?

    /// - Parameters:
    ///   - preview: what the forced run would do now.
    ///   - timeout: the requested timeout; `nil` for the server's.
    ///   - batchSize: the requested batch size; `nil` for the server's.
    ///   - options: the other options of the run.
    init(_ preview: RunPreview, timeout: Duration?, batchSize: Int?, _ options: CleanupOptions) {
        let jobs = preview.taken == preview.totalFound ? "all " : "the oldest "
        let although = preview.isPaused ? "although cleaning is paused" : "although the guard holds the run"
        let limit = timeout.map { ", with a timeout of \($0.text) in place of the policy's" } ?? ""
        self.sentence =
            "The run starts \(although): it takes \(jobs)\(preview.taken.of("job"))\(CleanFields.description(options.kinds))\(limit), and refunds up to "
            + "\(preview.tokensOwed.of("token"))."
        self.timeout = timeout.map(\.written) ?? ""
        self.batchSize = batchSize.map { String($0) } ?? ""
        self.kinds = CleanFields.text(options.kinds)
        self.drain = options.drain
        self.confirmWord = Confirmation(cleaning: preview, force: true).word
    }

    /// The options of the held run that differ from the server's.
    static func options(
        like run: Run,
        over standard: CleanupOptions,
        timeout policy: Duration?
    ) -> (timeout: Duration?, batchSize: Int?) {
        (
            timeout: run.timeout == standard.timeout ?? policy ? nil : run.timeout,
            batchSize: run.batchSize == standard.firstBatchSize ? nil : run.batchSize
        )
    }
}
