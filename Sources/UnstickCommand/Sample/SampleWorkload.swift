import Unstick

/// A small sample workload: a few studios and their users, several kinds and tiers, most jobs done, some stuck.
///
/// The ids are fixed, so that adding it twice changes nothing.
struct SampleWorkload {
    private struct Shape {
        var kind: String
        var tier: String
        var cost: Int
        /// The usual duration of such a job.
        var usual: Duration
    }

    private static let users = ["ada", "grace", "katherine", "linus", "margaret", "radia"]

    private static let shapes = [
        Shape(kind: "image", tier: "TIER_1K", cost: 2, usual: .seconds(14)),
        Shape(kind: "image", tier: "TIER_4K", cost: 8, usual: .seconds(40)),
        Shape(kind: "video", tier: "TIER_1K", cost: 20, usual: .seconds(95)),
        Shape(kind: "video", tier: "TIER_4K", cost: 60, usual: .seconds(170)),
        Shape(kind: "document", tier: "TIER_1K", cost: 1, usual: .seconds(5)),
    ]

    /// The number of jobs.
    static let count = 120

    /// The jobs, as if the last of them had been created just before `now`.
    static func jobs(asOf now: Timestamp) -> [Job] {
        (0..<self.count).map { self.job($0, asOf: now) }
    }

    private static func job(_ index: Int, asOf now: Timestamp) -> Job {
        let shape = self.shapes[(index + index / 20 * 2) % self.shapes.count]
        let status = self.status(index)
        // The stuck ones have been running for 6 to 50 minutes; live ones began seconds ago.
        let age: Duration =
            switch status {
            case .processing: index % 20 == 3 ? .seconds(20 + index / 10) : .seconds(360 + index * 22)
            case .pending: .seconds(15 + index % 10)
            default: .seconds(400 + index * 45)
            }
        let started = status == .pending ? nil : now - age
        let ended = [.completed, .failed, .cancelled].contains(status) ? now - age + shape.usual : nil
        return Job(
            id: "sample-\(index + 1)",
            userID: self.users[(index * 5 + index / 20) % self.users.count],
            kind: shape.kind,
            tier: shape.tier,
            tokensCost: shape.cost,
            status: status,
            attempt: status == .pending ? 0 : 1,
            createdAt: now - age - .seconds(3),
            processingStartedAt: started,
            updatedAt: ended ?? started ?? now - age,
            processingCompletedAt: ended
        )
    }

    private static func status(_ index: Int) -> JobStatus {
        switch index % 20 {
        case 3, 11: .processing
        case 7: index % 40 == 7 ? .pending : .completed
        case 15: index % 60 == 15 ? .cancelled : .completed
        default: .completed
        }
    }
}
