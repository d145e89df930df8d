import TestSupport
import Testing

@testable import UnstickServer

@Suite("Waiting line")
struct WaitingLineTests {
    @Test("it is in the order of waiting time after leaving, rejoining and joining late")
    func order() {
        var random = SeededGenerator(seed: 11)
        var line = WaitingLine()
        var expected: [(id: Int, since: Int)] = []
        for now in 0..<5000 {
            let id = Int.random(in: 0..<40, using: &random)
            expected.removeAll { $0.id == id }
            if Bool.random(using: &random) {
                // No two have the same number.
                let since = 10 * now - 10 * Int.random(in: 0..<5, using: &random) + now % 10
                let place = expected.firstIndex { $0.since > since } ?? expected.endIndex
                line.join(id, since: since)
                expected.insert((id, since), at: place)
            } else {
                line.remove(id)
            }
            #expect(line.longest?.id == expected.first?.id && line.isEmpty == expected.isEmpty)
        }
        while let longest = line.longest {
            #expect(longest == expected.removeFirst())
            line.remove(longest.id)
        }
        #expect(expected.isEmpty)
    }
}
