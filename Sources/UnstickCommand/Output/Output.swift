import Foundation
import Unstick

/// Where text goes: answers to standard output, everything else to standard error.
///
/// Everything that is printed passes through ``TerminalText``; only the colours are added after it.
enum Output {
    static func line(_ text: String = "", _ style: Style? = nil) {
        self.parts((text, style))
    }

    /// A line of parts in different styles.
    static func parts(_ parts: (text: String, style: Style?)...) {
        let painted = parts.map { text, style in
            let shown = TerminalText.shown(text)
            return style?.paint(shown, on: STDOUT_FILENO) ?? shown
        }
        FileHandle.standardOutput.write(Data((painted.joined() + "\n").utf8))
    }

    static func note(_ text: String, _ style: Style? = nil) {
        let shown = TerminalText.shown(text)
        FileHandle.standardError.write(Data(((style?.paint(shown, on: STDERR_FILENO) ?? shown) + "\n").utf8))
    }

    static func error(_ text: String) {
        let label = text.hasPrefix("Error:") ? "" : "Error: "
        self.note(label + text, .error)
    }

    static func json(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        self.line(TerminalText.json(String(decoding: try encoder.encode(value), as: UTF8.self)))
    }
}

/// Colour, on terminals only and never as the only sign.
enum Style: String {
    case error = "31"
    case good = "32"
    case heading = "1"
    case quiet = "2"

    fileprivate func paint(_ text: String, on descriptor: Int32) -> String {
        Self.isUsed(on: descriptor) ? "\u{1b}[\(self.rawValue)m\(text)\u{1b}[0m" : text
    }

    private static func isUsed(on descriptor: Int32) -> Bool {
        let environment = ProcessInfo.processInfo.environment
        return isatty(descriptor) == 1 && environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
    }
}
