import Foundation
package import GRDB
import Unstick
package import UnstickSQL

extension Row: StoredRow {
    /// Also reads a number as text, because a team's column contains values of any type.
    package func text(_ column: String) -> String? {
        let value: DatabaseValue = self[column]
        return switch value.storage {
        case .int64(let number): String(number)
        case .double(let number): String(number)
        default: String.fromDatabaseValue(value)
        }
    }

    package func integer(_ column: String) -> Int? { self[column] }

    package func number(_ column: String) -> Double { self[column] }

    package func flag(_ column: String) -> Bool { self[column] }

    package func bytes(_ column: String) -> [UInt8] { [UInt8](self[column] as Data) }

    package func text(at place: Int) -> String? { self[place] }

    package func integer(at place: Int) -> Int? { self[place] }
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
