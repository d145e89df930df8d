import BenchSupport

// Measures drains on a temporary MariaDB server beside the hand-written floor, all in one bench and in turns. Prints a
// table of ratios; writes everything as JSON.

let arguments = try BenchArguments(CommandLine.arguments.dropFirst())
let report = try await Bench(arguments).run()
report.printTable()
try report.write(to: arguments.output)
