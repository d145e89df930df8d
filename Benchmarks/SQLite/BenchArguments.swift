import Foundation

/// How large the run is.
struct BenchArguments {
    var jobs = 1_000_000
    var stuck = 100_000
    var users = 50_000
    var rounds = 3
    var output = URL(filePath: ".build/bench.json")

    struct Unknown: Error {
        let argument: String
    }

    init(_ arguments: some Sequence<String>) throws {
        var iterator = arguments.makeIterator()
        while let name = iterator.next() {
            guard let value = iterator.next() else { throw Unknown(argument: name) }
            switch (name, Int(value)) {
            case ("--jobs", let number?): self.jobs = number
            case ("--stuck", let number?): self.stuck = number
            case ("--users", let number?): self.users = number
            case ("--rounds", let number?): self.rounds = number
            case ("--output", _): self.output = URL(filePath: value)
            default: throw Unknown(argument: name)
            }
        }
        self.users = min(self.users, self.jobs)
    }
}
