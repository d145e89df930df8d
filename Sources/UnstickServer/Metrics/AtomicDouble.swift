import Synchronization

/// A number that many threads change at once.
struct AtomicDouble: ~Copyable, Sendable {
    // The bits, because there are no atomic operations on floating point numbers.
    private let bits: Atomic<UInt64>

    /// Starts at a value.
    init(_ value: Double = 0) {
        self.bits = Atomic(value.bitPattern)
    }

    /// The value now.
    var value: Double {
        Double(bitPattern: self.bits.load(ordering: .relaxed))
    }

    /// Replaces the value.
    func set(_ value: Double) {
        self.bits.store(value.bitPattern, ordering: .relaxed)
    }

    /// Adds to the value, and loses nothing that others add meanwhile.
    func add(_ amount: Double) {
        var seen = self.bits.load(ordering: .relaxed)
        var exchanged = false
        while !exchanged {
            let sum = Double(bitPattern: seen) + amount
            (exchanged, seen) = self.bits.weakCompareExchange(
                expected: seen,
                desired: sum.bitPattern,
                ordering: .relaxed
            )
        }
    }
}
