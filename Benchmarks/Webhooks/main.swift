import BenchSupport
import Foundation
import Unstick

// Measures how fast events reach a working receiver, from the database to the stored outcome, beside a bare loop of the
// same HTTP client that posts bodies of the same size with as many concurrent calls. In turns, in one bench.

let arguments = CommandLine.arguments.dropFirst().compactMap { Int($0) }
let events = arguments.first ?? 10_000
let rounds = arguments.dropFirst().first ?? 5
let receiver = try await Receiver.start()
let bench = DeliveryBench(receiver: receiver, events: events)
let duel = try await Duel(
    "\(events.grouped) events",
    rounds: rounds,
    ours: { _ in try await bench.deliver() },
    other: { _ in try await bench.bareLoop() }
)
Duel.printTable([duel], "one endpoint", ours: "delivered/s", other: "bare loop/s", ratio: "of the bare loop")
try await receiver.stop()
