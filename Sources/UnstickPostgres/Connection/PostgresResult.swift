import CLibPQ
import Unstick
package import UnstickSQL

/// The result of one statement.
package final class PostgresResult: SQLResult {
    private let result: OpaquePointer
    /// The place of each column, computed once.
    private let columns: [String: Int32]

    /// Owns the result, and clears it when it is no longer needed.
    init(_ result: OpaquePointer) {
        self.result = result
        self.columns = Dictionary(
            (0..<PQnfields(result)).map { (String(cString: PQfname(result, $0)), $0) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    deinit { PQclear(self.result) }

    /// The number of changed rows.
    package var affected: Int { Int(String(cString: PQcmdTuples(self.result))) ?? 0 }

    package var count: Int { Int(PQntuples(self.result)) }

    package func row(at index: Int) -> any StoredRow { PostgresRow(result: self, index: Int32(index)) }

    fileprivate func column(_ name: String) -> Int32 {
        guard let column = self.columns[name] else { preconditionFailure("no column \(name)") }
        return column
    }

    fileprivate func bytes(_ row: Int32, _ column: Int32) -> UnsafeBufferPointer<UInt8>? {
        guard PQgetisnull(self.result, row, column) == 0, let value = PQgetvalue(self.result, row, column) else {
            return nil
        }
        let length = Int(PQgetlength(self.result, row, column))
        return value.withMemoryRebound(to: UInt8.self, capacity: length) {
            UnsafeBufferPointer(start: $0, count: length)
        }
    }

    fileprivate func text(_ row: Int32, _ column: Int32) -> String? {
        self.bytes(row, column).map { String(decoding: $0, as: UTF8.self) }
    }

    fileprivate func integer(_ row: Int32, _ column: Int32) -> Int? {
        guard let bytes = self.bytes(row, column) else { return nil }
        var digits = bytes[...]
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative { digits = digits.dropFirst() }
        var value = 0
        for byte in digits {
            let digit = Int(byte) - 48
            guard 0...9 ~= digit else { return Int(String(decoding: bytes, as: UTF8.self)) }
            let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, tooLarge) = scaled.addingReportingOverflow(isNegative ? -digit : digit)
            guard !overflow, !tooLarge else { return nil }
            value = sum
        }
        return value
    }
}

/// A row of a result.
package struct PostgresRow: StoredRow {
    let result: PostgresResult
    let index: Int32

    package func text(_ column: String) -> String? { self.result.text(self.index, self.result.column(column)) }

    package func integer(_ column: String) -> Int? { self.result.integer(self.index, self.result.column(column)) }

    package func number(_ column: String) -> Double { self.text(column).flatMap { Double($0) } ?? 0 }

    package func flag(_ column: String) -> Bool { self.text(column) == "t" }

    package func bytes(_ column: String) -> [UInt8] {
        let digits = (self.text(column) ?? "").utf8.dropFirst(2).map { $0 <= 57 ? $0 - 48 : $0 - 87 }
        return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    package func text(at place: Int) -> String? { self.result.text(self.index, Int32(place)) }

    package func integer(at place: Int) -> Int? { self.result.integer(self.index, Int32(place)) }
}
