import ArgumentParser
import Foundation
import Unstick

/// The destinations of text: results on standard output, everything else on standard error.
///
/// All output is filtered by ``TerminalText``; only the colours are added after it.
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
        StandardStream.output.write(painted.joined() + "\n")
    }

    /// Announces on standard output what a server does; it also runs where this cannot be written.
    static func announce(_ text: String) {
        StandardStream.output.log(TerminalText.shown(text) + "\n")
    }

    static func note(_ text: String, _ style: Style? = nil) {
        let shown = TerminalText.shown(text)
        StandardStream.errors.write((style?.paint(shown, on: STDERR_FILENO) ?? shown) + "\n")
    }

    static func error(_ text: String) {
        let label = text.hasPrefix("Error:") ? "" : "Error: "
        self.note(label + text, .error)
    }

    static func json(_ value: some Encodable) throws {
        self.line(TerminalText.json(try JSONOutput.text(of: value)))
    }

    /// The exit code of a command that ends with `code`, after all its output is written.
    ///
    /// A reader that closed the pipe (`| head`) has seen enough. Any other output that could not be written is an
    /// error.
    static func exitCode(_ code: Int32) -> Int32 {
        guard let failure = StandardStream.output.failure, failure != EPIPE else { return code }
        self.error(
            "The output could not be written: \(String(cString: strerror(failure))). Completed changes are kept."
        )
        return code == 0 ? Exit.incomplete.rawValue : code
    }
}

/// Colour, on terminals only and never the only indication.
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
