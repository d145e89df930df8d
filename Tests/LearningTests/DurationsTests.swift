import Testing
import Unstick
import UnstickLearning

@Suite("Quantiles of durations")
struct DurationsTests {
    /// Numbers that are the same in every run (Steele et al., SplitMix64).
    struct Numbers: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            self.state &+= 0x9E37_79B9_7F4A_7C15
            var z = self.state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    /// Milliseconds of different distributions: uniform, heavy-tailed, bimodal, constant, tiny.
    private static func samples(_ shape: Int, _ count: Int, _ numbers: inout Numbers) -> [Int] {
        (0..<count).map { _ in
            let share = Double.random(in: 0..<1, using: &numbers)
            return switch shape {
            case 0: Int.random(in: 0...600_000, using: &numbers)
            case 1: Int(1000 / (1 - share))
            case 2: share < 0.9 ? Int.random(in: 900...1100, using: &numbers) : 3_600_000 + Int(share * 1000)
            case 3: 42_000
            default: Int.random(in: 0...5, using: &numbers)
            }
        }
    }

    @Test("are never below the exact ones, and above them by no more than the stated share", arguments: 0..<5)
    func errorBound(shape: Int) {
        var numbers = Numbers(state: UInt64(shape) + 1)
        for count in [1, 2, 10, 999, 30_000] {
            let samples = Self.samples(shape, count, &numbers)
            var durations = Durations()
            for sample in samples { durations.record(.milliseconds(sample)) }
            let sorted = samples.sorted()
            for share in [0.0001, 0.25, 0.5, 0.9, 0.99, 0.999, 0.9999, 1] {
                let exact = sorted[max(0, Int((share * Double(count)).rounded(.up)) - 1)]
                let estimate = durations.quantile(share).inMilliseconds
                #expect(estimate >= exact, "\(count) \(share)")
                #expect(Double(estimate) <= Double(exact) * (1 + Durations.relativeError), "\(count) \(share)")
            }
            #expect(durations.count == count && durations.slowest == .milliseconds(sorted[count - 1]))
            for limit in [0, 5, 1050, 42_000, 300_000, 5_000_000] {
                let exact = samples.count { $0 > limit }
                let certain = samples.count { Double($0) > Double(limit) * (1 + Durations.relativeError) + 1 }
                let counted = durations.count(above: .milliseconds(limit))
                #expect((certain...exact).contains(counted), "\(limit): \(certain) \(counted) \(exact)")
            }
        }
    }

    @Test("two merged sets are equal to one set of all")
    func merged() {
        var one = Durations()
        var left = Durations()
        var right = Durations()
        for number in 1...1000 {
            one.record(.milliseconds(number * 7))
            if number % 3 == 0 {
                left.record(.milliseconds(number * 7))
            } else {
                right.record(.milliseconds(number * 7))
            }
        }
        left.add(right)
        #expect(left.count == one.count && left.slowest == one.slowest)
        #expect([0.1, 0.5, 0.99].allSatisfy { left.quantile($0) == one.quantile($0) })
    }

    @Test("bars contain every duration, also those outside the range")
    func bars() {
        var durations = Durations()
        for milliseconds in [0, 1, 10, 100, 1000, 1_000_000] { durations.record(.milliseconds(milliseconds)) }
        let bars = durations.bars(3, from: .milliseconds(10), to: .milliseconds(10_000))
        #expect(bars == [3, 1, 2])
        #expect(Durations().bars(4, from: .zero, to: .zero) == [0, 0, 0, 0])
    }

    @Test("of no jobs, and of jobs longer than ten years, do no harm")
    func extremes() {
        var durations = Durations()
        #expect(durations.quantile(0.99) == .zero && durations.count(above: .zero) == 0)
        durations.record(.seconds(4_000_000_000))
        durations.record(.seconds(-5))
        #expect(durations.count == 2 && durations.slowest == .seconds(4_000_000_000))
        #expect(durations.count(above: .seconds(4_000_000_000)) == 0)
    }
}
