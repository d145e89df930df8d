// The checks of every store before it books a line, under the row's lock. The `CHECK`s of the schema repeat them.

extension NewTransaction {
    /// Compares this line with a stored line that has the same key.
    ///
    /// - Throws: ``UnstickError`` `conflict` when it books something else.
    package func repeated(_ known: TokenTransaction) throws -> Booking {
        guard known.amount == self.amount, known.kind == self.kind, known.sourceID.isExactly(self.sourceID) else {
            throw UnstickError(
                .conflict,
                "The key '\(self.id)' is already booked with another amount or purpose. Nothing was changed."
            )
        }
        return .alreadyBooked(known)
    }

    /// - Throws: ``UnstickError`` `amountOutOfRange` or `insufficientTokens` when the balance would leave its limits.
    package func checkBalance(_ balance: Int) throws {
        let (after, overflow) = balance.addingReportingOverflow(self.amount)
        guard !overflow, after <= Limits.tokens else {
            throw UnstickError(
                .amountOutOfRange,
                "The balance of '\(self.userID)' would exceed \(Limits.tokens) tokens. Nothing was booked."
            )
        }
        guard after >= 0 else {
            throw UnstickError(
                .insufficientTokens,
                "'\(self.userID)' has \(balance) tokens and needs \(-self.amount): \(-after) are missing. Nothing was charged.",
                shortage: UnstickError.Shortage(balance: balance, needed: -self.amount)
            )
        }
    }

    /// The key of the charge that this refund returns.
    package var refundedCharge: String? {
        guard self.kind == .refund || self.kind == .release else { return nil }
        return LedgerKey.spendPrefix + self.id.dropFirst(LedgerKey.refundPrefix.count)
    }

    /// Refuses a refund of delivered work, and a refund that exceeds what was paid.
    ///
    /// The open charge of a job counts with the job's whole cost: a job that is charged again after a refund is charged
    /// only for the missing amount.
    ///
    /// - Parameters:
    ///   - job: the job of the refund, if it is stored.
    ///   - charge: the line of ``refundedCharge``, if it is stored.
    /// - Throws: ``UnstickError`` `refundRefused`.
    package func checkRefund(job: Job?, charge: TokenTransaction?) throws {
        guard self.kind == .refund || self.kind == .release else { return }
        let job = job.flatMap { job in
            job.userID.isExactly(self.userID) && self.id.isExactly(LedgerKey.refund(job: job.id, charge: job.charge))
                ? job : nil
        }
        if let job, job.status == .completed {
            throw UnstickError(
                .refundRefused,
                "Job '\(job.id)' was completed, so its charge is not refunded. To compensate the user, grant tokens."
            )
        }
        if let paid = job?.tokensCost ?? charge.map({ -$0.amount }), self.amount > paid {
            throw UnstickError(
                .refundRefused,
                "The refund of \(self.amount) tokens is more than the charge of \(paid). Nothing was booked."
            )
        }
    }

    /// The reason, and the actor, as the line's metadata.
    package var metadata: String {
        JSONText.object([
            "reason": self.reason, "actor": self.actor?.name, "onBehalfOf": self.actor?.onBehalfOf,
        ])
    }
}

/// The keys of ledger lines of a job: derived from the charge, never from the try.
package enum LedgerKey {
    package static let spendPrefix = "spend:"
    package static let refundPrefix = "refund:"

    package static func spend(job: String, charge: Int) -> String { "\(spendPrefix)\(job):\(charge)" }
    package static func refund(job: String, charge: Int) -> String { "\(refundPrefix)\(job):\(charge)" }
}
