extension String {
    /// The text as it may stand in XML, between quotes too, without what XML does not allow.
    ///
    /// Control characters and those that turn the direction of writing are left out: a text from outside must not
    /// change how its surroundings read. Joiners stay, for some scripts are misspelt without.
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

    /// The text in at most so many characters, the last of them an ellipsis if something is missing.
    func cut(to width: Int) -> String {
        // One character may be made of any number of scalars; of a usual text, two suffice on average.
        let visible = String.UnicodeScalarView(self.unicodeScalars.lazy.filter(\.isVisible).prefix(width * 2 + 1))
        let text = String(visible)
        guard visible.count > width * 2 || text.count > width else { return text }
        return String(String.UnicodeScalarView(visible.prefix(width * 2))).prefix(width - 1) + "…"
    }

    /// The text as the beginning of an element's id: of its letters, digits, hyphens and underscores, the first 24.
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
