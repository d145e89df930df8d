import Unstick

/// The text of a setting: as it is compared, and as it may be shown.
enum SettingText {
    /// A text in the form for its reader; `nil` for an empty one.
    ///
    /// White space around a setting is dropped, because files and templates end with a line break. In a secret it is
    /// refused, because it may be part of the secret on the other side.
    ///
    /// - Throws: `invalidArgument`, without any part of the text.
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
        // The parts of a list may be on separate lines.
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

    /// A setting for display: no secret, and for URLs neither password nor query, which may contain keys.
    static func shown(_ text: String, _ name: Settings.Name) -> String {
        if name.isSecret { return "***" }
        if name == .databaseURL { return DatabaseOptions.masked(text) }
        return self.masked(text)
    }

    /// Each URL in a text without possible keys: the user, the query and the fragment.
    private static func masked(_ text: String) -> String {
        text.replacing(/([A-Za-z][A-Za-z0-9+.\-]*:(?:\/\/)?)([^\s,\/?#]*@)?([^\s,?#]*)([?#][^\s,]*)?/) { match in
            let (_, scheme, user, place, rest) = match.output
            return "\(scheme)\(user == nil ? "" : "***@")\(place)\(rest == nil ? "" : "?***")"
        }
    }
}
