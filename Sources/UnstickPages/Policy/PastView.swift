import Unstick
import UnstickLearning

/// What past jobs suggest for limits, or why there is no suggestion yet.
struct PastView {
    /// The jobs that were read.
    struct Source {
        var sentence: String
        var at: TimeView
    }

    var groups: [DurationGroup] = []
    var learned: Source?
    var learning: String?
    /// Whether the result arrives while the page is open.
    var isAwaited = false

    init(lesson: LearnedPast.Sample?, failure: String?) {
        if let lesson, lesson.jobs > 0 {
            self.groups = DurationGroup.groups(of: lesson.suggestions)
            self.learned = Source(sentence: Self.sentence(lesson), at: TimeView(lesson.at, now: .machine))
        } else if lesson != nil {
            self.learning = "No job is completed yet, so there is nothing to learn from."
        } else if let failure {
            self.learning = "\(failure) Run 'unstick suggest' on the command line instead."
        } else {
            let jobs = LearnedPast.jobs.grouped
            self.learning =
                "Learning from the newest \(jobs) completed jobs; this page shows the result when it is ready."
            self.isAwaited = true
        }
    }

    private static func sentence(_ lesson: LearnedPast.Sample) -> String {
        let source = "From the newest \(lesson.jobs.of("completed job"))"
        // One line is for all jobs together.
        guard lesson.suggestions.lines.count - 1 > DurationGroup.most else { return source }
        return source + ", the \(DurationGroup.most) kinds and tiers with the most jobs"
    }
}
