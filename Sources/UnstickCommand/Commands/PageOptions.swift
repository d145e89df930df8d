import ArgumentParser
import Unstick

/// The part of a long listing to show.
struct PageOptions: ParsableArguments {
    @Option(help: "The number of rows to show, 1 to 500.")
    var limit = 50
    @Option(help: "The cursor that the previous page printed.")
    var cursor: String?

    func checkedLimit() throws -> Int {
        guard 1...Limits.page ~= self.limit else {
            throw UnstickError(.invalidArgument, "--limit must be from 1 to \(Limits.page).")
        }
        return self.limit
    }

    /// The cursor of a listing that is ordered by a number.
    func position() throws -> Int? {
        try self.cursor.map { text in
            guard let position = Int(text), position >= 0 else {
                throw UnstickError(.invalidArgument, "--cursor must be the value that the previous page printed.")
            }
            return position
        }
    }

    func showNext(_ cursor: String?) {
        if let cursor { Output.line("Next page: --cursor \(cursor)", .quiet) }
    }
}
