import Unstick

/// Brings a file of jobs into a store: the whole file is read and checked before anything of it counts.
struct FileImport {
    let path: String
    let skipBadRows: Bool
    let store: any ImportStore

    /// What came of it.
    struct Outcome {
        var summary = ImportSummary()
        var rows = 0
        var badRowCount = 0
        /// The first bad rows, in words.
        var badRows: [String] = []
        var ignoredColumns: [String] = []
    }

    /// How far it is: a part from 0 to 100 of reading, then of booking.
    enum Progress {
        case reading(percent: Int, rows: Int)
        case booking(done: Int, total: Int)
    }

    private static let rowsPerStep = 5000
    private static let listedBadRows = 20

    /// Runs the import.
    ///
    /// - Throws: `invalidInput` when the file cannot be read; nothing of it is kept then.
    func run(progress: @Sendable @escaping (Progress) -> Void) async throws -> Outcome {
        let file = try FileReader(path: self.path)
        var reader = try CSVReader(file)
        var record = CSVReader.Record()
        guard try reader.next(into: &record) else {
            throw UnstickError(.invalidInput, "The file is empty; it must begin with a header.")
        }
        let rows = try JobRows(header: record)
        var outcome = Outcome(ignoredColumns: rows.ignored)
        let job = try await self.store.beginImport()
        do {
            var step: [Job] = []
            var staged = 0
            while try reader.next(into: &record) {
                outcome.rows += 1
                do throws(JobRows.BadRow) {
                    step.append(try rows.job(from: record))
                } catch {
                    outcome.badRowCount += 1
                    if outcome.badRows.count < Self.listedBadRows { outcome.badRows.append(error.message) }
                }
                if step.count == Self.rowsPerStep {
                    staged += try await job.stage(step)
                    step.removeAll(keepingCapacity: true)
                    progress(.reading(percent: file.percent, rows: outcome.rows))
                }
            }
            staged += try await job.stage(step)
            guard outcome.badRowCount == 0 || self.skipBadRows else {
                try await job.discard()
                return outcome
            }
            outcome.summary = try await job.commit { progress(.booking(done: $0, total: $1)) }
            outcome.summary.alreadyThere += outcome.rows - outcome.badRowCount - staged
            return outcome
        } catch {
            try await job.discard()
            throw error
        }
    }
}
