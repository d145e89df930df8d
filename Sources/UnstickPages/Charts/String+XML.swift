extension String {
    /// The text escaped for XML, also between quotes, without characters that XML does not allow.
    ///
    /// Control characters and marks of writing direction are left out: a text from outside must not change how its
    /// surroundings read. Joiners stay, because some scripts need them.
    var escapedForXML: String {
        var escaped = String.UnicodeScalarView()
        for scalar in self.unicodeScalars where scalar.isVisible {
            switch scalar {
            case "&": escaped.append(contentsOf: "&amp;".unicodeScalars)
            case "<": escaped.append(contentsOf: "&lt;".unicodeScalars)
            case ">": escaped.append(contentsOf: "&gt;".unicodeScalars)
            case "\"": escaped.append(contentsOf: "&quot;".unicodeScalars)
            case "'": escaped.append(contentsOf: "&#39;".unicodeScalars)
            default: escaped.append(scalar)
            }
        }
        return String(escaped)
    }

    /// The text in at most this many characters, the last of them an ellipsis if it was cut.
    func cut(to width: Int) -> String {
        // One character may have any number of scalars; in a typical text, two are enough on average.
        let visible = String.UnicodeScalarView(self.unicodeScalars.lazy.filter(\.isVisible).prefix(width * 2 + 1))
        let text = String(visible)
        guard visible.count > width * 2 || text.count > width else { return text }
        return String(String.UnicodeScalarView(visible.prefix(width * 2))).prefix(width - 1) + "…"
    }

    /// The text as the prefix of an element's id: of its letters, digits, hyphens and underscores, the first 24.
    var sanitizedForID: String {
        let allowed = self.unicodeScalars.filter { scalar in
            scalar.isASCII && (scalar.properties.isAlphabetic || "0"..."9" ~= scalar || scalar == "-" || scalar == "_")
        }
        let id = String(String.UnicodeScalarView(allowed.prefix(24)))
        return id.first?.isLetter == true ? id : "chart" + id
    }
}

extension Unicode.Scalar {
    fileprivate var isVisible: Bool {
        switch self.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .surrogate: false
        case .format: self == "\u{200C}" || self == "\u{200D}"
        default: !self.properties.isNoncharacterCodePoint
        }
    }
}
