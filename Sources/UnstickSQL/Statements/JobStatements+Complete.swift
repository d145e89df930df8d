import Unstick

extension JobStatements {
    /// Completes a job that uses all of its charge, in one statement and without reading the job first.
    ///
    /// It is ``/Unstick/Job/completing(_:refunded:at:)`` as SQL, generated from what that rule does to a sample job of
    /// each kind of charge, so that the two cannot differ. A job whose open charge was refunded in part is left to the
    /// rule.
    package static let complete = """
        UPDATE unstick.jobs AS j SET \(assignments(completing)), \(cleared)
        FROM unstick.jobs AS k LEFT JOIN unstick.token_transactions AS t
            ON t.user_id = k.user_id AND t.id = 'refund:' || k.id || ':' || k.charge
        WHERE k.id = :id AND t.id IS NULL AND j.user_id = k.user_id AND j.id = k.id
            AND \(isStill(.processing, "j.status")) AND j.attempt = :attempt
        """

    private static func completing(_ job: Job, at now: Timestamp) -> Job? {
        try? job.completing(Completion(jobID: job.id, attempt: job.attempt), refunded: 0, at: now)?.job
    }

    /// The changes that a rule makes to any running job: each column with a constant value, or the job's cost.
    private static func assignments(_ rule: (Job, Timestamp) -> Job?) -> String {
        let values = ChargeKind.allCases.map { kind in
            let job = Sample.job(kind)
            guard let changed = rule(job, Sample.now) else { return job.arguments(over: job) }
            return changed.arguments(over: job)
        }
        let before = ChargeKind.allCases.map { Sample.job($0) }.map { $0.arguments(over: $0) }
        return decided.compactMap { column, argument in
            let new = values.map { $0[argument] ?? .null }
            guard new != before.map({ $0[argument] ?? .null }) else { return nil }
            guard Set(new).count > 1 else { return "\(column) = \(Sample.sql(new[0]))" }
            let cases = zip(ChargeKind.allCases, new).map { "WHEN '\($0.rawValue)' THEN \(Sample.sql($1))" }
            return "\(column) = CASE j.charge_kind \(cases.joined(separator: " ")) END"
        }
        .joined(separator: ", ")
    }

    /// A running job in which every value is different, so that each can be recognized.
    private enum Sample {
        static let now = Timestamp(milliseconds: 7)
        private static let cost = 11

        static func job(_ kind: ChargeKind) -> Job {
            Job(
                id: "sample",
                userID: "user",
                kind: "kind",
                tokensCost: self.cost,
                status: .processing,
                attempt: 3,
                chargeKind: kind,
                tokensUsed: 13,
                charge: 5,
                timeouts: 2,
                errorMessage: "error",
                createdAt: Timestamp(milliseconds: 1),
                quarantinedAt: Timestamp(milliseconds: 2),
                processingStartedAt: Timestamp(milliseconds: 4),
                updatedAt: Timestamp(milliseconds: 6),
                processingCompletedAt: Timestamp(milliseconds: 8)
            )
        }

        static func sql(_ value: SQLValue) -> String {
            switch value {
            case .integer(self.now.milliseconds): ":now"
            case .integer(self.cost): "j.cost"
            case .text(let text): "'\(text)'"
            default: "NULL"
            }
        }
    }
}
