import Unstick

/// Imports a file of jobs into a store: the whole file is read and checked before anything is booked.
struct FileImport {
    let path: String
    let skipBadRows: Bool
    let store: any ImportStore

    /// The outcome.
    struct Outcome {
        var summary = ImportSummary()
        var rows = 0
        var badRowCount = 0
        /// The first bad rows, as text.
        var badRows: [String] = []
        var ignoredColumns: [String] = []
    }

    /// The progress, in one of its two halves.
    enum Progress {
        case reading(percent: Int, rows: Int)
        case booking(done: Int, total: Int)
    }

    /// Runs the import.
    ///
    /// - Throws: `invalidInput` when the file cannot be read, `CancellationError` when it is stopped while it reads;
    ///   nothing of it is stored then.
    func run(progress: @Sendable @escaping (Progress) -> Void) async throws -> Outcome {
        var source = try RowSource(path: self.path)
        let job = try await self.store.beginImport()
        do {
            while let step = try source.nextStep() {
                try Task.checkCancellation()
                // Cancellation must not interrupt a step, because its outcome would be unknown.
                source.refuse(try await Task { try await job.stage(step) }.value)
                progress(.reading(percent: source.percent, rows: source.outcome.rows))
            }
            var outcome = source.outcome
            guard outcome.badRowCount == 0 || self.skipBadRows else {
                try await job.discard()
                return outcome
            }
            outcome.summary = try await job.commit { progress(.booking(done: $0, total: $1)) }
            return outcome
        } catch {
            try await Task { try await job.discard() }.value
            throw error
        }
    }
}

/// The rows of a file as jobs, some thousand at a time; bad ones are counted and skipped.
private struct RowSource {
    private static let rowsPerStep = 5000
    private static let listedBadRows = 20

    private let file: FileReader
    private let rows: JobRows
    private var reader: CSVReader
    private var record = CSVReader.Record()
    private(set) var outcome: FileImport.Outcome

    init(path: String) throws {
        self.file = try FileReader(path: path)
        self.reader = try CSVReader(self.file)
        guard try self.reader.next(into: &self.record) else {
            throw UnstickError(.invalidInput, "The file is empty; it must begin with a header.")
        }
        self.rows = try JobRows(header: self.record)
        self.outcome = FileImport.Outcome(ignoredColumns: self.rows.ignored)
    }

    var percent: Int { self.file.percent }

    /// The next jobs, or `nil` at the end of the file.
    mutating func nextStep() throws -> [ImportRow]? {
        var rows: [ImportRow] = []
        var isAtEnd = false
        while rows.count < Self.rowsPerStep, !isAtEnd {
            isAtEnd = try !self.reader.next(into: &self.record)
            if !isAtEnd { self.append(to: &rows) }
        }
        return rows.isEmpty && isAtEnd ? nil : rows
    }

    private mutating func append(to rows: inout [ImportRow]) {
        self.outcome.rows += 1
        do throws(JobRows.BadRow) {
            rows.append(ImportRow(line: self.record.line, job: try self.rows.job(from: self.record)))
        } catch {
            self.refuse(error)
        }
    }

    /// Counts rows whose ids an earlier row of the file has.
    mutating func refuse(_ repeated: [RepeatedRow]) {
        for row in repeated { self.refuse(JobRows.BadRow(row)) }
    }

    private mutating func refuse(_ row: JobRows.BadRow) {
        self.outcome.badRowCount += 1
        if self.outcome.badRows.count < Self.listedBadRows { self.outcome.badRows.append(row.message) }
    }
}
