import Unstick

/// The text of a setting: as it will be compared, and as it may be shown.
enum SettingText {
    /// A text as its reader takes it; `nil` for one that is empty.
    ///
    /// White space around a setting is dropped, for files and templates end with a line break. In a secret it is refused: it may
    /// be part of what the other side has.
    ///
    /// - Throws: `invalidArgument`, without a part of the text.
    static func checked(_ text: String, _ name: Settings.Name) throws -> String? {
        let trimmed = text.trimmingPrefix { $0.isWhitespace }
        let inner = trimmed.prefix(
            upTo: trimmed.lastIndex { !$0.isWhitespace }.map(trimmed.index(after:)) ?? trimmed.startIndex
        )
        guard !text.isEmpty, !inner.isEmpty || name.isSecret else { return nil }
        guard !name.isSecret || inner.count == text.count else {
            throw UnstickError(
                .invalidArgument,
                "\(name.variable) begins or ends with white space or a line break, so no value can ever equal it. "
                    + "Remove it; \(name.variable)=\"$(cat FILE)\" drops the line break at the end of a file."
            )
        }
        // Lists may have their parts on lines of their own.
        guard !inner.unicodeScalars.contains(where: { $0.properties.generalCategory == .control && !Self.isGap($0) })
        else {
            throw UnstickError(
                .invalidArgument,
                "\(name.variable) contains a control character, perhaps pasted by accident. Remove it."
            )
        }
        return String(inner)
    }

    private static func isGap(_ scalar: Unicode.Scalar) -> Bool { ["\n", "\r", "\t"].contains(scalar) }

    /// A setting for people to see: no secret, and of URLs neither password nor query, which hold keys.
    static func shown(_ text: String, _ name: Settings.Name) -> String {
        if name.isSecret { return "***" }
        if name == .databaseURL { return DatabaseOptions.masked(text) }
        return self.masked(text)
    }

    /// Each URL in a text without what may be a key: the user, the query and the fragment.
    private static func masked(_ text: String) -> String {
        text.replacing(/([A-Za-z][A-Za-z0-9+.\-]*:(?:\/\/)?)([^\s,\/?#]*@)?([^\s,?#]*)([?#][^\s,]*)?/) { match in
            let (_, scheme, user, place, rest) = match.output
            return "\(scheme)\(user == nil ? "" : "***@")\(place)\(rest == nil ? "" : "?***")"
        }
    }
}
