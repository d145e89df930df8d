import Unstick
import UnstickLearning

/// The limits learned from the newest completed jobs: read in the background, kept for a time.
actor LearnedPast {
    /// How many jobs are read.
    static let jobs = 100_000
    /// How long a result is shown before it is computed again.
    static let lasts = Duration.seconds(15 * 60)

    struct Sample: Sendable {
        let suggestions: Suggestions
        /// The rules at that time.
        let policy: Policy
        let jobs: Int
        let at: Timestamp
    }

    private let store: any Store
    private let policy: PolicySource
    private(set) var lesson: Sample?
    private var learning: Task<Void, Never>?
    /// Why nothing could be learned.
    private(set) var failure: String?

    init(store: any Store, policy: PolicySource) {
        self.store = store
        self.policy = policy
    }

    /// Changes with a new result or a failure.
    var outcome: String { "\(self.lesson?.at.milliseconds ?? 0) \(self.failure ?? "")" }

    /// The current result; computes it in the background if there is none, or it is old, or has other rules.
    func now() -> Sample? {
        if self.learning == nil, self.lesson.map(self.isOutdated) ?? true {
            self.learning = Task {
                await self.learn()
                self.learning = nil
            }
        }
        return self.lesson
    }

    private func isOutdated(_ lesson: Sample) -> Bool {
        Timestamp.machine - lesson.at > Self.lasts || lesson.policy != self.policy.current
    }

    private func learn() async {
        let policy = self.policy.current
        do {
            var learned = LearnedDurations(policy: policy)
            var (read, cursor) = (0, JobCursor?.none)
            repeat {
                let window = try await self.store.jobs(
                    JobFilter(status: .completed),
                    after: cursor,
                    limit: Limits.window
                )
                for job in window.rows { learned.see(PastJob(completed: job)) }
                read += window.rows.count
                cursor = window.next
            } while cursor != nil && read < Self.jobs && !Task.isCancelled
            self.lesson = Sample(
                suggestions: Suggestions(learned, policy: policy),
                policy: policy,
                jobs: read,
                at: .machine
            )
            self.failure = nil
        } catch {
            self.failure = (error as? UnstickError)?.message ?? "The jobs could not be read."
        }
    }
}

extension PastJob {
    fileprivate init(completed job: Job) {
        self.init(
            id: job.id,
            kind: job.kind,
            tier: job.tier,
            tokensCost: job.tokensCost,
            createdAt: job.createdAt,
            startedAt: job.processingStartedAt,
            endedAt: job.processingCompletedAt,
            outcome: .completed
        )
    }
}
