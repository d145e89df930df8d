import TestSupport
import Testing

@testable import UnstickServer

@Suite("The line of connections that wait")
struct WaitingLineTests {
    @Test("it is in the order in which they came, whoever leaves or comes again")
    func order() {
        var random = SeededGenerator(seed: 11)
        var line = WaitingLine()
        var expected: [Int] = []
        for _ in 0..<5000 {
            let id = Int.random(in: 0..<40, using: &random)
            expected.removeAll { $0 == id }
            if Bool.random(using: &random) {
                line.append(id)
                expected.append(id)
            } else {
                line.remove(id)
            }
            #expect(line.longest == expected.first && line.isEmpty == expected.isEmpty)
        }
        while let longest = line.longest {
            #expect(longest == expected.removeFirst())
            line.remove(longest)
        }
        #expect(expected.isEmpty)
    }
}
