extension String {
    /// The text as a value in a query: everything but letters, digits and `-._~` as `%` and two hexadecimal digits.
    var percentEncoded: String {
        let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in self.utf8 {
            if plain.contains(byte) {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension Substring {
    /// The text without repetitions of a character at its end.
    func trimmingSuffix(_ character: Character) -> Substring {
        self[..<(self.lastIndex { $0 != character }.map(self.index(after:)) ?? self.startIndex)]
    }
}
