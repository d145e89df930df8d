extension String {
    /// The longest prefix of the text that fits into some bytes of UTF-8, and ends at a character.
    ///
    /// A first character that does not fit is cut between its scalars.
    package func cut(toBytes most: Int) -> String {
        guard self.utf8.count > most else { return self }
        var (end, bytes) = (self.startIndex, 0)
        while end < self.endIndex {
            let next = self.index(after: end)
            bytes += self.utf8.distance(from: end, to: next)
            if bytes > most { break }
            end = next
        }
        guard end == self.startIndex else { return String(self[..<end]) }
        var scalars = String.UnicodeScalarView()
        bytes = 0
        for scalar in self.unicodeScalars {
            bytes += UTF8.width(scalar)
            if bytes > most { break }
            scalars.append(scalar)
        }
        return String(scalars)
    }

    /// The part of the text that can be stored in some bytes.
    ///
    /// For texts that no caller can correct any more, such as the error of a handler that has ended.
    package func storable(inBytes most: Int) -> String {
        let text = self.utf8.contains(0) ? self.replacing("\0", with: "\u{fffd}") : self
        return text.cut(toBytes: most)
    }
}
