/// The keys of ledger lines that belong to a job: derived from the charge, never from the try.
package enum LedgerKey {
    package static let spendPrefix = "spend:"
    package static let refundPrefix = "refund:"

    package static func spend(job: String, charge: Int) -> String { "\(spendPrefix)\(job):\(charge)" }
    package static func refund(job: String, charge: Int) -> String { "\(refundPrefix)\(job):\(charge)" }
}
