/// Numbers that are the same in every run (Steele et al., SplitMix64).
struct ChartNumbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var z = self.state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A number from zero to the largest, of any magnitude.
    mutating func count() -> Int { Int.random(in: 0...Int.max, using: &self) >> Int.random(in: 0...62, using: &self) }
}
