import Foundation
package import GRDB
import Unstick
package import UnstickSQL

extension Row: StoredRow {
    package func text(_ column: String) -> String? { self[column] }

    package func integer(_ column: String) -> Int? { self[column] }

    package func number(_ column: String) -> Double { self[column] }

    package func flag(_ column: String) -> Bool { self[column] }

    package func bytes(_ column: String) -> [UInt8] { [UInt8](self[column] as Data) }
}

extension SQLValue: StatementBinding, DatabaseValueConvertible {
    package var databaseValue: DatabaseValue {
        switch self {
        case .null: .null
        case .integer(let integer): integer.databaseValue
        case .text(let text): text.databaseValue
        case .flag(let flag): flag.databaseValue
        case .bytes(let bytes): Data(bytes).databaseValue
        }
    }

    package static func fromDatabaseValue(_ value: DatabaseValue) -> SQLValue? {
        switch value.storage {
        case .null: .null
        case .int64(let integer): .integer(Int(integer))
        case .string(let text): .text(text)
        case .blob(let data): .bytes([UInt8](data))
        case .double: nil
        }
    }
}

extension RunItem {
    /// Reads by the order of the columns: a pass does this for every job it takes.
    init(row: Row) {
        self.init(
            position: row[0],
            jobID: row[1],
            userID: row[2],
            kind: row[3],
            tier: row[4],
            attempt: row[5],
            since: Timestamp(milliseconds: row[6]),
            action: Action(rawValue: row[7]) ?? .error,
            amount: row[8],
            processingDuration: .milliseconds(row[9] as Int),
            verdict: Verdict(
                rule: row[11],
                limit: LimitKind(rawValue: row[12]) ?? .timeout,
                allowed: .milliseconds(row[13] as Int),
                measured: .milliseconds(row[14] as Int),
                worker: row[15]
            ),
            retryAt: (row[16] as Int?).map { Timestamp(milliseconds: $0) },
            error: row[10],
            source: row[17]
        )
    }
}

extension ClaimedDelivery {
    init(row: Row) {
        self.init(item: { RunItem(row: row) }, text: { row[$0.rawValue] }, integer: { row[$0.rawValue] })
    }
}
