import Unstick

extension Run {
    /// What the run did, in one sentence.
    var sentence: String {
        switch self.status {
        case .running: "In progress: \(self.totalFound.of("stuck job")) so far."
        case .failed: "The run failed. The jobs that it cleaned stay cleaned."
        case .held: "The run was held and changed nothing."
        case .completed where self.totalFound == 0: "Nothing was stuck."
        case .completed where self.dryRun:
            "The dry run found \(self.totalFound.of("stuck job")), would refund \(self.tokensOwed.of("token")) and changed nothing."
        case .completed: self.deeds
        }
    }

    private var deeds: String {
        let parts = [
            self.cleanedUp > 0 ? "failed \(self.cleanedUp.of("stuck job"))" : nil,
            self.reported > 0 ? "reported \(self.reported.of("stuck job"))" : nil,
            self.retried > 0 ? "sent \(self.retried.of("job")) back to the queue" : nil,
            self.tokensRefunded > 0 ? "refunded \(self.tokensRefunded.of("token"))" : nil,
            self.failed > 0 ? "could not clean \(self.failed.of("job"))" : nil,
        ].compactMap { $0 }
        let text =
            parts.dropLast().joined(separator: ", ") + (parts.count > 1 ? " and " : "") + (parts.last ?? "found some")
        return text.prefix(1).uppercased() + text.dropFirst() + "."
    }
}
