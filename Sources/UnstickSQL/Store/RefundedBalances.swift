import Foundation
import Unstick

/// The balances of a batch's users before and after their refunds.
///
/// A refund is the change of a balance: a NULL, a trigger, a rule or a ledger that changes the balance by itself makes
/// it differ from the intended amount.
struct RefundedBalances {
    /// By the bytes of the users' ids, as the database compares them.
    private var total: [[UInt8]: Decimal] = [:]
    private var before: [[UInt8]: Decimal] = [:]
    private var after: [[UInt8]: Decimal] = [:]
    private var rows = 0

    init(before: any SQLResult, after: any SQLResult) {
        for row in before.rows {
            let user = Self.user(row)
            self.rows += 1
            self.total[user] = Self.number(row.text("total"))
            // NULL counts as 0 here: where it must not, the job was set aside.
            self.before[user] = row.text("balance") == nil ? 0 : Self.number(row.text("balance"))
        }
        for row in after.rows { self.after[Self.user(row)] = Self.number(row.text("balance")) }
    }

    /// - Throws: `databaseRejected` with a user whose balance changed by another amount than the refund.
    func check(users: Int) throws {
        guard self.rows == users else {
            throw UnstickError(.databaseRejected, "\(self.rows) instead of \(users) user balances exist.")
        }
        for (user, total) in self.total.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            let change = self.before[user].flatMap { before in self.after[user].map { $0 - before } }
            guard change != total else { continue }
            throw UnstickError(
                .databaseRejected,
                "The balance of the user '\(String(decoding: user, as: UTF8.self))' changed by \(change.map { "\($0)" } ?? "nothing that can be read") instead of "
                    + "\(total): a trigger or a rule of the database changes it too. The refund was undone."
            )
        }
    }

    private static func user(_ row: any StoredRow) -> [UInt8] { Array((row.text("user_id") ?? "").utf8) }

    private static func number(_ text: String?) -> Decimal? {
        text.flatMap { Decimal(string: $0, locale: Locale(identifier: "en_US_POSIX")) }
    }
}
