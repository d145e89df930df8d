/// Text that is safe for a terminal.
///
/// Workers, users and databases wrote the text: an escape sequence in it could move the cursor, rename the window or
/// overwrite a line, and a direction mark could reverse a line. Each such character is shown as a dot.
enum TerminalText {
    /// A text of one or several lines.
    static func shown(_ text: String) -> String { self.replaced(text) { Self.isHostile($0) && !Self.isLayout($0) } }

    /// A text that must stay on its line.
    static func line(_ text: String) -> String { self.replaced(text, Self.isHostile) }

    /// JSON with such characters of its texts escaped: it means the same.
    ///
    /// Encoders escape only what JSON requires, which is the first 32.
    static func json(_ json: String) -> String {
        guard json.unicodeScalars.contains(where: { Self.isHostile($0) && !Self.isLayout($0) }) else { return json }
        var escaped = String.UnicodeScalarView()
        for scalar in json.unicodeScalars {
            guard Self.isHostile(scalar), !Self.isLayout(scalar) else {
                escaped.append(scalar)
                continue
            }
            for unit in String(scalar).utf16 {
                let digits = String(unit, radix: 16)
                escaped.append(
                    contentsOf: ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).unicodeScalars
                )
            }
        }
        return String(escaped)
    }

    private static func replaced(_ text: String, _ isReplaced: (Unicode.Scalar) -> Bool) -> String {
        guard text.unicodeScalars.contains(where: isReplaced) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { isReplaced($0) ? "·" : $0 }))
    }

    /// ESC, BEL, CR and the others of C0, DEL, C1, and characters that reverse or break a line.
    private static func isHostile(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00...0x1f, 0x7f...0x9f: true
        // Direction marks, embeddings, overrides and isolates.
        case 0x061c, 0x200e, 0x200f, 0x202a...0x202e, 0x2066...0x206f: true
        // Line and paragraph separators, and invisible tags.
        case 0x2028, 0x2029, 0xe0000...0xe007f: true
        default: false
        }
    }

    private static func isLayout(_ scalar: Unicode.Scalar) -> Bool { scalar == "\n" || scalar == "\t" }
}
