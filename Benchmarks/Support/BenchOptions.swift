package import Foundation

/// The options of every bench: its size, and the file of its report.
package protocol BenchOptions {
    var jobs: Int { get set }
    var stuck: Int { get set }
    var users: Int { get set }
    var rounds: Int { get set }
    var output: URL { get set }
}

extension BenchOptions {
    /// Sets one of the options.
    ///
    /// - Returns: whether it is one of these.
    package mutating func setShared(_ name: String, to value: String) -> Bool {
        switch (name, Int(value)) {
        case ("--jobs", let number?): self.jobs = number
        case ("--stuck", let number?): self.stuck = number
        case ("--users", let number?): self.users = number
        case ("--rounds", let number?): self.rounds = number
        case ("--output", _): self.output = URL(filePath: value)
        default: return false
        }
        return true
    }
}

/// An argument that a bench does not know, or that has no value.
package struct UnknownArgument: Error {
    let argument: String

    package init(_ argument: String) {
        self.argument = argument
    }
}
