import BenchSupport
import Foundation

/// The size of the bench.
struct BenchArguments: BenchOptions {
    var jobs = 1_000_000
    var stuck = 100_000
    var users = 50_000
    var rounds = 3
    var output = URL(filePath: ".build/bench-mysql.json")

    init(_ arguments: some Sequence<String>) throws {
        var iterator = arguments.makeIterator()
        while let name = iterator.next() {
            guard let value = iterator.next(), self.setShared(name, to: value) else { throw UnknownArgument(name) }
        }
        self.users = min(self.users, self.jobs)
        self.stuck = min(self.stuck, self.jobs)
    }
}
