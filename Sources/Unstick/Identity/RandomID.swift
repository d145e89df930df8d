/// Ids that need no sequence and no coordination between nodes.
package enum RandomID {
    /// A random UUID (RFC 9562, version 4), in lower case.
    package static func uuid() -> String {
        var random = SystemRandomNumberGenerator()
        return format(version: 4, high: random.next(), low: random.next())
    }

    /// A UUID that sorts by time (RFC 9562, version 7), in lower case: new rows land beside each other in an index.
    package static func timeOrdered(at now: Timestamp) -> String {
        var random = SystemRandomNumberGenerator()
        let high = UInt64(truncatingIfNeeded: now.milliseconds) << 16 | (random.next() & 0xffff)
        return format(version: 7, high: high, low: random.next())
    }

    /// The smallest id that ``timeOrdered(at:)`` can make at this time or later.
    package static func first(at time: Timestamp) -> String {
        self.format(version: 7, high: UInt64(truncatingIfNeeded: time.milliseconds) << 16, low: 0)
    }

    /// The time of an id that ``timeOrdered(at:)`` made.
    package static func time(of id: String) -> Timestamp {
        let digits = id.prefix(13).filter { $0 != "-" }
        return Timestamp(milliseconds: Int(digits, radix: 16) ?? 0)
    }

    private static func format(version: UInt64, high: UInt64, low: UInt64) -> String {
        let high = high & 0xffff_ffff_ffff_0fff | version << 12
        let low = low & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for index in 0..<32 {
            if [8, 12, 16, 20].contains(index) { text.append(UInt8(ascii: "-")) }
            let word = index < 16 ? high : low
            text.append(digits[Int(word >> UInt64(60 - index % 16 * 4) & 0xf)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
