import Unstick

extension Timestamp {
    /// A fixed time plus some seconds.
    static func test(_ seconds: Int) -> Timestamp {
        Timestamp(seconds: 1_767_225_600 + seconds)
    }
}

extension AlertCondition {
    static func fixture(_ isTrue: Bool, value: Double? = nil) -> AlertCondition {
        let value = value ?? (isTrue ? 23 : 3)
        return AlertCondition(isTrue: isTrue, value: value, threshold: 10, summary: "It is \(Int(value)).")
    }
}

extension AlertState {
    static func fixture(
        _ phase: Phase,
        name: AlertName = .stuckJobs,
        since: Timestamp = .test(0),
        firingSince: Timestamp? = nil
    ) -> AlertState {
        AlertState(
            name: name,
            phase: phase,
            since: since,
            firingSince: firingSince ?? (phase == .firing || phase == .falling ? .test(-500) : nil),
            value: 1,
            threshold: 1,
            summary: "before"
        )
    }
}

/// Sebastiano Vigna's SplitMix64: the same numbers for the same seed everywhere.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        self.state = seed
    }

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
