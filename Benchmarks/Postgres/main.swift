import BenchSupport
import Foundation
import Unstick

// Measures runs on a temporary PostgreSQL cluster beside their baselines, all in one bench and in turns. Prints tables
// of ratios; writes everything as JSON.

let arguments = try BenchArguments(CommandLine.arguments.dropFirst())
if let url = arguments.drainURL {
    try await MemoryBench.drainHere(url: url)
} else if let url = arguments.learnURL {
    try await PastBench.learnHere(url: url)
} else {
    let report = try await Bench(arguments).run()
    report.printTables()
    try report.write(to: arguments.output)
}
