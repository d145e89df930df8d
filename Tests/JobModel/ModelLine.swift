import Foundation
import Unstick

/// The expected ledger line: every field except the time.
struct ModelLine: Hashable {
    var id: String
    var sequence: Int
    var amount: Int
    var kind: TokenTransaction.Kind
    var source: String
    var sourceID: String?
    var balanceAfter: Int
    /// The run that booked it, if any.
    var runID: String?
    var reason: String?

    /// Whether it charges or refunds a job.
    var isOfJob: Bool { [.spend, .hold, .refund, .release].contains(self.kind) }
}

extension ModelLine {
    /// The line of a store.
    init(_ line: TokenTransaction) {
        let metadata = try? JSONSerialization.jsonObject(with: Data(line.metadata.utf8)) as? [String: String]
        self.init(
            id: line.id,
            sequence: line.sequence,
            amount: line.amount,
            kind: line.kind,
            source: line.source,
            sourceID: line.sourceID,
            balanceAfter: line.balanceAfter,
            runID: metadata?["runId"],
            reason: metadata?["reason"]
        )
    }
}
