import CMariaDB
import Unstick
package import UnstickSQL

/// The result of one statement.
package final class MySQLResult: SQLResult {
    /// The number of rows found, inserted or returned.
    package let affected: Int
    package let count: Int
    /// The place of each column.
    private let places: [String: Int]
    private let columns: [Column]
    /// All rows, one after the other.
    private let cells: [Cell]
    /// The bytes of all cells that have any.
    private let bytes: [UInt8]

    /// How the values of a column are read.
    struct Column {
        enum Kind {
            case integer
            case unsigned
            case number
            /// Texts, bytes, decimal numbers and times.
            case bytes
            /// `BIT`: the bytes of a number, the highest first.
            case bits
        }

        let name: String
        let kind: Kind
        /// The length of its longest value, in bytes.
        let longest: Int

        init(_ field: MYSQL_FIELD) {
            self.name = field.name.map { String(cString: $0) } ?? ""
            self.longest = Int(field.max_length)
            self.kind =
                switch field.type {
                case MYSQL_TYPE_TINY, MYSQL_TYPE_SHORT, MYSQL_TYPE_INT24, MYSQL_TYPE_LONG, MYSQL_TYPE_LONGLONG,
                    MYSQL_TYPE_YEAR:
                    field.flags & UInt32(UNSIGNED_FLAG) == 0 ? .integer : .unsigned
                case MYSQL_TYPE_FLOAT, MYSQL_TYPE_DOUBLE: .number
                case MYSQL_TYPE_BIT: .bits
                default: .bytes
                }
        }
    }

    /// One value: a number, or the place and length of its bytes.
    struct Cell {
        var bits: Int64
        /// In bytes; negative for NULL.
        var length: Int
    }

    /// The result of a statement without rows.
    init(affected: Int) {
        self.affected = affected
        (self.count, self.places, self.columns, self.cells, self.bytes) = (0, [:], [], [], [])
    }

    init(columns: [Column], cells: [Cell], bytes: [UInt8]) {
        self.columns = columns
        self.cells = cells
        self.bytes = bytes
        self.count = cells.count / columns.count
        self.affected = self.count
        self.places = Dictionary(
            columns.enumerated().map { ($0.element.name, $0.offset) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    package func row(at index: Int) -> any StoredRow { MySQLRow(result: self, index: index) }

    fileprivate func place(_ name: String) -> Int {
        guard let place = self.places[name] else { preconditionFailure("no column \(name)") }
        return place
    }

    private func cell(_ row: Int, _ place: Int) -> Cell? {
        let cell = self.cells[row * self.columns.count + place]
        return cell.length < 0 ? nil : cell
    }

    private func slice(_ cell: Cell) -> ArraySlice<UInt8> {
        self.bytes[Int(cell.bits)..<Int(cell.bits) + cell.length]
    }

    fileprivate func bytes(_ row: Int, _ place: Int) -> [UInt8]? {
        switch self.columns[place].kind {
        case .bytes, .bits: self.cell(row, place).map { Array(self.slice($0)) }
        case .integer, .unsigned, .number: self.text(row, place).map { Array($0.utf8) }
        }
    }

    fileprivate func text(_ row: Int, _ place: Int) -> String? {
        guard let cell = self.cell(row, place) else { return nil }
        switch self.columns[place].kind {
        case .integer: return String(cell.bits)
        case .unsigned: return String(UInt64(bitPattern: cell.bits))
        case .number: return String(Double(bitPattern: UInt64(bitPattern: cell.bits)))
        case .bits: return self.integer(row, place).map { String($0) }
        case .bytes: return String(decoding: self.slice(cell), as: UTF8.self)
        }
    }

    /// A whole number, exactly; `nil` for any other value.
    fileprivate func integer(_ row: Int, _ place: Int) -> Int? {
        guard let cell = self.cell(row, place) else { return nil }
        switch self.columns[place].kind {
        case .integer: return Int(cell.bits)
        case .unsigned: return Int(exactly: UInt64(bitPattern: cell.bits))
        case .number: return Int(exactly: Double(bitPattern: UInt64(bitPattern: cell.bits)))
        case .bits: return Int(exactly: self.slice(cell).reduce(0 as UInt64) { $0 << 8 | UInt64($1) })
        case .bytes: return Self.integer(self.slice(cell))
        }
    }

    /// A decimal number, whose fraction may be zeros.
    private static func integer(_ digits: ArraySlice<UInt8>) -> Int? {
        let sides = digits.split(separator: UInt8(ascii: "."), maxSplits: 1)
        guard let whole = sides.first, sides.dropFirst().allSatisfy({ $0.allSatisfy { $0 == UInt8(ascii: "0") } })
        else {
            return nil
        }
        return Int(String(decoding: whole, as: UTF8.self))
    }
}

/// A row of a result.
package struct MySQLRow: StoredRow {
    let result: MySQLResult
    let index: Int

    package func text(_ column: String) -> String? { self.text(at: self.result.place(column)) }

    package func integer(_ column: String) -> Int? { self.integer(at: self.result.place(column)) }

    package func number(_ column: String) -> Double { self.text(column).flatMap { Double($0) } ?? 0 }

    package func flag(_ column: String) -> Bool { self.integer(column).map { $0 != 0 } ?? false }

    package func bytes(_ column: String) -> [UInt8] { self.result.bytes(self.index, self.result.place(column)) ?? [] }

    package func text(at place: Int) -> String? { self.result.text(self.index, place) }

    package func integer(at place: Int) -> Int? { self.result.integer(self.index, place) }
}
