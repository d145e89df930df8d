import BenchSupport

/// The cost of a search at two sizes of the table.
struct FindReport: Encodable {
    /// A search as measured by its caller and by the server.
    struct Search: Encodable {
        var callMilliseconds: Double
        var serverMilliseconds: Double
        var buffers: Int

        init(callMilliseconds: Double, serverMilliseconds: Double, buffers: Int) {
            self.callMilliseconds = callMilliseconds
            self.serverMilliseconds = serverMilliseconds
            self.buffers = buffers
        }

        /// The median of the times, and the most buffers.
        init(medianOf searches: [Search]) {
            self.callMilliseconds = median(searches.map(\.callMilliseconds))
            self.serverMilliseconds = median(searches.map(\.serverMilliseconds))
            self.buffers = searches.map(\.buffers).max() ?? 0
        }
    }

    struct Entry: Encodable {
        var name: String
        var small: Search
        var large: Search
        var mostBuffers: Int

        var callRatio: Double { self.large.callMilliseconds / self.small.callMilliseconds }
        var serverRatio: Double { self.large.serverMilliseconds / self.small.serverMilliseconds }
    }

    var smallRows: Int
    var largeRows: Int
    var entries: [Entry] = []

    func printTable() {
        print("| finding, p50 in ms | \(self.smallRows) rows | \(self.largeRows) rows | ratio | buffers |")
        print("|---|---|---|---|---|")
        for entry in self.entries {
            let (small, large) = (entry.small, entry.large)
            print(
                "| \(entry.name): the call | \(fixed(small.callMilliseconds, 3)) | "
                    + "\(fixed(large.callMilliseconds, 3)) | \(fixed(entry.callRatio))x | |"
            )
            print(
                "| \(entry.name): in the server | \(fixed(small.serverMilliseconds, 3)) | "
                    + "\(fixed(large.serverMilliseconds, 3)) | \(fixed(entry.serverRatio))x | "
                    + "\(small.buffers), \(large.buffers) |"
            )
        }
        Aim.printList(
            self.entries.map { entry in
                Aim(text: "finding, \(entry.name): at most twice the time of a call", isMet: entry.callRatio <= 2)
            }
        )
    }
}
