import BenchSupport

// Measures drains on a throw-away MariaDB server beside the hand-written floor, all in one run and by turns. Prints a
// table of ratios; writes everything as JSON.

let arguments = try BenchArguments(CommandLine.arguments.dropFirst())
let report = try await Bench(arguments).run()
report.printTable()
try report.write(to: arguments.output)
