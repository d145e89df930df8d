/// Two ways of doing the same thing, measured in turns, because the first one runs on a colder machine.
package struct Duel: Encodable {
    package let name: String
    package private(set) var ours: [Double] = []
    package private(set) var other: [Double] = []

    package var ratio: Double { median(zip(self.ours, self.other).map { $0 / $1 }) }

    /// Measures both in every round; each gets the number of the round.
    package init(
        _ name: String,
        rounds: Int,
        ours: (Int) async throws -> Double,
        other: (Int) async throws -> Double
    ) async throws {
        self.name = name
        for round in 0..<rounds {
            if round % 2 == 0 { self.other.append(try await other(round)) }
            self.ours.append(try await ours(round))
            if round % 2 == 1 { self.other.append(try await other(round)) }
        }
    }

    /// Results that were measured elsewhere, also in turns.
    package init(_ name: String, ours: [Double], other: [Double]) {
        self.name = name
        self.ours = ours
        self.other = other
    }

    package static func printTable(_ duels: [Duel], _ what: String, ours: String, other: String, ratio: String) {
        print("| \(what) | \(ours) | \(other) | \(ratio) |")
        print("|---|---|---|---|")
        for duel in duels {
            let (ours, other) = (whole(median(duel.ours)), whole(median(duel.other)))
            print("| \(duel.name) | \(ours) | \(other) | \(fixed(duel.ratio))x |")
        }
        print("")
    }
}

/// The rate a second, for this many in total.
package func perSecond(_ count: Int, _ work: () async throws -> Void) async throws -> Double {
    let start = ContinuousClock.now
    try await work()
    return Double(count) / ((ContinuousClock.now - start) / .seconds(1))
}
