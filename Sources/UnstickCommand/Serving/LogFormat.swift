import Foundation
import Logging
import Unstick
import UnstickSQLite

/// How log lines are written, always to standard error.
enum LogFormat: String {
    /// A line for people.
    case text
    /// A JSON object a line, for machines.
    case json

    func logger(level: Logger.Level) -> Logger {
        var logger = Logger(label: "unstick") { label in
            switch self {
            case .text: TerminalLogHandler(StreamLogHandler.standardError(label: label))
            case .json: JSONLogHandler(label: label)
            }
        }
        logger.logLevel = level
        return logger
    }
}

/// Writes each log line as one JSON object: `time`, `level`, `logger`, `message`, and the metadata as they are named.
struct JSONLogHandler: LogHandler {
    let label: String
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        StandardStream.errors.log(self.line(for: event, at: SQLiteStore.machineClock()) + "\n")
    }

    func line(for event: LogEvent, at now: Timestamp) -> String {
        var fields = self.metadata.merging(event.metadata ?? [:]) { $1 }.mapValues { "\($0)" }
        fields["time"] = now.description
        fields["level"] = event.level.rawValue
        fields["logger"] = self.label
        fields["message"] = "\(event.message)"
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Text always encodes.
        return (try? encoder.encode(fields)).map { TerminalText.json(String(decoding: $0, as: UTF8.self)) } ?? ""
    }
}
