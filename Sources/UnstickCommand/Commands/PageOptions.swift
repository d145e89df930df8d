import ArgumentParser
import Unstick

/// Which part of a long listing is shown.
struct PageOptions: ParsableArguments {
    @Option(help: "How many rows to show, 1 to 500.")
    var limit = 50
    @Option(help: "Where to go on: what the page before gave.")
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
                throw UnstickError(.invalidArgument, "--cursor must be what the page before gave.")
            }
            return position
        }
    }

    func showNext(_ cursor: String?) {
        if let cursor { Output.line("There is more: --cursor \(cursor)", .quiet) }
    }
}
