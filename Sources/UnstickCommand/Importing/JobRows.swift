import Unstick

/// The columns of an import file, in any order, and the conversion of a row to a job.
struct JobRows {
    private enum Column: String, CaseIterable {
        case id
        case userID = "user_id"
        case kind, tier, cost, status, attempt
        case createdAt = "created_at"
        case processingStartedAt = "processing_started_at"
        case updatedAt = "updated_at"
        case processingCompletedAt = "processing_completed_at"
    }

    /// Why a row cannot be used.
    struct BadRow: Error {
        var line: Int
        var column: String?
        var reason: String

        var message: String {
            "line \(self.line)" + (self.column.map { ", column \($0)" } ?? "") + ": \(self.reason)"
        }
    }

    private let places: [Int]
    private let width: Int
    /// Unknown columns; they are ignored.
    let ignored: [String]

    /// Reads the header.
    ///
    /// - Throws: `invalidInput` when a column is missing or repeated.
    init(header: CSVReader.Record) throws {
        let names = (0..<header.count).map { header.text($0).lowercased() }
        self.width = names.count
        self.places = try Column.allCases.map { column in
            let found = names.indices.filter { names[$0] == column.rawValue }
            guard found.count == 1 else {
                throw UnstickError(
                    .invalidInput,
                    "The header has the column '\(column.rawValue)' \(found.count) times instead of once. It must have "
                        + Column.allCases.map(\.rawValue).joined(separator: ",") + "."
                )
            }
            return found[0]
        }
        self.ignored = names.filter { Column(rawValue: $0) == nil }
    }

    func job(from record: CSVReader.Record) throws(BadRow) -> Job {
        guard record.count == self.width else {
            throw BadRow(
                line: record.line,
                column: nil,
                reason: "it has \(record.count) fields, the header has \(self.width)"
            )
        }
        let row = Row(record: record, places: self.places)
        let status = try row.status()
        let started = try row.time(.processingStartedAt, required: false)
        let attempt = try row.integer(.attempt, upTo: 1_000_000, default: started == nil ? 0 : 1)
        return Job(
            id: try row.newID(.id, ReservedIDs.fault(ofJob:)),
            userID: try row.newID(.userID) { ReservedIDs.fault(of: $0, "user id") },
            kind: try row.id(.kind),
            tier: row.isEmpty(.tier) ? nil : try row.id(.tier),
            tokensCost: try row.integer(.cost, upTo: Limits.tokens),
            status: status,
            attempt: attempt,
            createdAt: try row.requiredTime(.createdAt),
            processingStartedAt: started,
            updatedAt: try row.requiredTime(.updatedAt),
            processingCompletedAt: try row.time(.processingCompletedAt, required: false)
        )
    }

    /// One row, read column by column; every error has the line, the column and the reason.
    private struct Row {
        let record: CSVReader.Record
        let places: [Int]

        private func withField<Value>(_ column: Column, _ body: (UnsafeBufferPointer<UInt8>) -> Value) -> Value {
            self.record.withField(self.place(column), body)
        }

        private func place(_ column: Column) -> Int {
            self.places[Column.allCases.firstIndex(of: column).unsafelyUnwrapped]
        }

        private func bad(_ column: Column, _ reason: String) -> BadRow {
            BadRow(line: self.record.line, column: column.rawValue, reason: reason)
        }

        private func quoted(_ column: Column) -> String {
            "'" + self.record.text(self.place(column)).cut(toBytes: 80) + "'"
        }

        func isEmpty(_ column: Column) -> Bool {
            self.withField(column) { $0.isEmpty }
        }

        func id(_ column: Column) throws(BadRow) -> String {
            let text = self.withField(column) { String(validating: $0, as: UTF8.self) }
            guard let text, 1...Limits.idBytes ~= text.utf8.count, !text.utf8.contains(where: { $0 < 32 || $0 == 127 })
            else {
                throw self.bad(column, "it must have 1 to \(Limits.idBytes) bytes of UTF-8 and no control characters")
            }
            return text
        }

        /// An id that gets its own URL.
        func newID(_ column: Column, _ fault: (String) -> String?) throws(BadRow) -> String {
            let id = try self.id(column)
            if let fault = fault(id) { throw self.bad(column, fault) }
            return id
        }

        func integer(_ column: Column, upTo most: Int, default standard: Int? = nil) throws(BadRow) -> Int {
            if let standard, self.isEmpty(column) { return standard }
            let value = self.withField(column) { bytes -> Int? in
                guard 1...16 ~= bytes.count else { return nil }
                var value = 0
                for byte in bytes {
                    guard 48...57 ~= byte else { return nil }
                    value = value * 10 + Int(byte) - 48
                }
                return value
            }
            guard let value, value <= most else {
                throw self.bad(column, "\(self.quoted(column)) is not a whole number from 0 to \(most)")
            }
            return value
        }

        func status() throws(BadRow) -> JobStatus {
            guard let status = JobStatus(rawValue: self.record.text(self.place(.status))) else {
                let known = JobStatus.allCases.map(\.rawValue).joined(separator: ", ")
                throw self.bad(.status, "\(self.quoted(.status)) is not one of \(known)")
            }
            return status
        }

        func time(_ column: Column, required: Bool) throws(BadRow) -> Timestamp? {
            if !required && self.isEmpty(column) { return nil }
            guard let time = self.withField(column, { Timestamp(utf8: $0) }) else {
                throw self.bad(
                    column,
                    "\(self.quoted(column)) is not a time such as 2026-11-23T09:15:00Z, nor seconds since 1970"
                )
            }
            return time
        }

        func requiredTime(_ column: Column) throws(BadRow) -> Timestamp {
            guard let time = try self.time(column, required: true) else { throw self.bad(column, "it is missing") }
            return time
        }
    }
}

extension JobRows.BadRow {
    /// A row whose id an earlier row has.
    init(_ row: RepeatedRow) {
        self.init(
            line: row.line,
            column: "id",
            reason: "'\(row.id.cut(toBytes: 80))' stands on line \(row.firstLine) already; an id must be unique"
        )
    }
}
