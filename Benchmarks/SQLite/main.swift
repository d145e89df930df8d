import BenchSupport
import Foundation
import Unstick
import UnstickSQLite

// Measures a run on SQLite beside the hand-written floor and the one-by-one design, all in one bench, over copies of
// one file, in turns. Prints a table of ratios; writes everything as JSON.

let arguments = try BenchArguments(CommandLine.arguments.dropFirst())
if let path = arguments.learnPath {
    try await Bench.learnHere(path: path)
} else {
    let bench = try await Bench(arguments)
    let report = try await bench.run()
    report.printTables()
    try report.write(to: arguments.output)
}
