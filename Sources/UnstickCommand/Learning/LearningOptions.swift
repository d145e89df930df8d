import ArgumentParser
import Unstick
import UnstickLearning

/// The options for learning limits.
struct LearningOptions: ParsableArguments {
    @Option(help: "The share of completed jobs that a limit must not kill, 0.5 to 1.")
    var quantile = LimitMethod().quantile
    @Option(help: "The factor that their longest duration is multiplied by, 1 to 100.")
    var factor = LimitMethod().factor
    @Option(help: "The shortest suggestion.", transform: DurationArgument.init(parsing:))
    var floor = DurationArgument(LimitMethod().floor)
    @Option(help: "The longest suggestion. Default: none.", transform: DurationArgument.init(parsing:))
    var cap: DurationArgument?
    @Option(help: "The number of completed jobs needed. A limit for one kind needs at least 1 / (1 - quantile).")
    var minimumJobs = LimitMethod().minimumJobs

    /// - Throws: `invalidArgument` for an invalid value.
    func method() throws -> LimitMethod {
        func require(_ condition: Bool, _ reason: String) throws {
            if !condition { throw UnstickError(.invalidArgument, reason) }
        }
        try require(0.5...1 ~= self.quantile, "--quantile must be from 0.5 to 1.")
        try require(1...100 ~= self.factor, "--factor must be from 1 to 100.")
        try require(self.minimumJobs >= 1, "--minimum-jobs must be 1 or more.")
        try require(
            Limits.timeoutMilliseconds ~= self.floor.duration.inMilliseconds,
            "--floor must be a time such as 30s."
        )
        var method = LimitMethod()
        method.quantile = self.quantile
        method.factor = self.factor
        method.floor = self.floor.duration
        method.minimumJobs = self.minimumJobs
        if let cap {
            try require(cap.duration >= self.floor.duration, "--cap must not be less than --floor.")
            method.cap = cap.duration
        }
        return method
    }

    /// A time in the format of the option: a time, or an age; `nil` where it is not given.
    ///
    /// - Parameter option: the name of the option, for errors.
    static func time(_ text: String?, of option: String, in store: any Store) async throws -> Timestamp? {
        guard let text else { return nil }
        if let age = Duration(text: text) { return try await store.now() - age }
        // A small number is an age without its unit, not a time in 1970.
        if let number = Int(text), 0..<100_000_000 ~= number {
            throw UnstickError(
                .invalidArgument,
                "\(option): \(Duration.mistake(in: text)) For days, write \(text)d."
            )
        }
        if let time = Timestamp(text) { return time }
        throw UnstickError(
            .invalidArgument,
            "\(option): '\(text.cut(toBytes: 50))' is not a time; write 2026-03-01T00:00:00Z, or an age such as 30d."
        )
    }
}
