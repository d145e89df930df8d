/// The result of `reconcile`: an empty list means that every token is accounted for.
public struct Reconciliation: Hashable, Sendable {
    /// The checks; each covers the whole ledger.
    public enum Check: String, Sendable, CaseIterable {
        /// A balance is the sum of its user's lines.
        case balanceIsSum = "balance_is_sum"
        /// The sums that are kept beside a balance are those of its user's lines.
        case keptSums = "kept_sums"
        /// Each `balanceAfter` is the one before plus the amount, and the sequence has no gaps.
        case chain = "balance_after_chain"
        /// No job refunded more than was charged for it.
        case refundWithinCharge = "refund_within_charge"
        /// No user paid more for a job than it costs.
        case paidWithinCost = "paid_within_cost"
        /// A job that Unstick failed has its refund.
        case refundMissing = "refund_missing"
        /// A job that was completed is paid for.
        case refundOfCompleted = "refund_of_completed"
        /// A user of a team's own tables has a balance that is not NULL.
        case nullBalance = "null_balance"

        /// The description of the check.
        package var explanation: String {
            switch self {
            case .balanceIsSum: "the balance is not the sum of the user's transactions"
            case .keptSums: "the stored sums of the user's charges and refunds differ from the transactions"
            case .chain: "the running balance or the sequence of the ledger is broken"
            case .refundWithinCharge: "more was refunded than was charged"
            case .paidWithinCost: "the user paid more for the job than it costs"
            case .refundMissing: "the job was timed out but its charge was not refunded"
            case .refundOfCompleted: "the job was completed, but its charge was refunded"
            case .nullBalance: "the user's balance is NULL, so no refund can be added to it"
            }
        }
    }

    /// A violation of a check.
    public struct Mismatch: Hashable, Sendable {
        /// The check.
        public var check: Check
        /// The user.
        public var userID: String
        /// The job or ledger line with the mismatch.
        public var subject: String
        /// The expected value.
        public var expected: Int
        /// The actual value.
        public var actual: Int

        /// Makes a mismatch.
        public init(check: Check, userID: String, subject: String, expected: Int, actual: Int) {
            self.check = check
            self.userID = userID
            self.subject = subject
            self.expected = expected
            self.actual = actual
        }
    }

    /// The number of users in the ledger.
    public var users: Int
    /// The number of lines.
    public var transactions: Int
    /// The number of mismatches, listed or not.
    public var mismatchCount: Int
    /// The mismatches, up to the limit for each check.
    public var mismatches: [Mismatch]

    /// Whether there is no mismatch.
    public var isClean: Bool { self.mismatchCount == 0 }

    /// Makes the answer.
    public init(users: Int, transactions: Int, mismatchCount: Int, mismatches: [Mismatch]) {
        self.users = users
        self.transactions = transactions
        self.mismatchCount = mismatchCount
        self.mismatches = mismatches
    }
}
