import Foundation
import Unstick

/// Where text goes: answers to standard output, everything else to standard error.
enum Output {
    static func line(_ text: String = "") {
        FileHandle.standardOutput.write(Data((text + "\n").utf8))
    }

    static func note(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }

    static func error(_ text: String) {
        let label = text.hasPrefix("Error:") ? "" : "Error: "
        self.note(Style.error.paint(label + text, on: STDERR_FILENO))
    }

    static func json(_ value: some Encodable) throws {
        self.line(try JSONOutput.text(of: value))
    }
}

/// Colour, on terminals only and never as the only sign.
enum Style: String {
    case error = "31"
    case good = "32"
    case heading = "1"
    case quiet = "2"

    func paint(_ text: String, on descriptor: Int32 = STDOUT_FILENO) -> String {
        Self.isUsed(on: descriptor) ? "\u{1b}[\(self.rawValue)m\(text)\u{1b}[0m" : text
    }

    private static func isUsed(on descriptor: Int32) -> Bool {
        let environment = ProcessInfo.processInfo.environment
        return isatty(descriptor) == 1 && environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
    }
}
