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

    /// The format where none is set: text for people at a terminal.
    static var standard: LogFormat { isatty(STDERR_FILENO) == 0 ? .json : .text }

    /// - Throws: `invalidArgument` for a text that is no format.
    init(setting text: String) throws {
        guard let format = LogFormat(rawValue: text.lowercased()) else {
            throw UnstickError(.invalidArgument, "LOG_FORMAT must be json or text.")
        }
        self = format
    }

    func logger(level: Logger.Level) -> Logger {
        var logger = Logger(label: "unstick") { label in
            switch self {
            case .text: TextLogHandler(label: label)
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
        var fields = self.metadata.merging(event.metadata ?? [:]) { $1 }.mapValues(JSONValue.init(logged:))
        fields["time"] = .text(now.description)
        fields["level"] = .text(event.level.rawValue)
        fields["logger"] = .text(self.label)
        fields["message"] = .text("\(event.message)")
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Text always encodes.
        return (try? encoder.encode(fields)).map { TerminalText.json(String(decoding: $0, as: UTF8.self)) } ?? ""
    }
}

extension JSONValue {
    /// A value of a log line with its type: numbers and flags are no texts.
    fileprivate init(logged value: Logger.Metadata.Value) {
        switch value {
        case .string(let text): self = .text(text)
        case .array(let list): self = .list(list.map(JSONValue.init(logged:)))
        case .dictionary(let fields):
            self = .object(Dictionary(uniqueKeysWithValues: fields.map { ($0.exact, JSONValue(logged: $1)) }))
        case .stringConvertible(let value):
            switch value {
            case let flag as Bool: self = .flag(flag)
            case let integer as any BinaryInteger:
                self = Int(exactly: integer).map { .integer($0) } ?? .text("\(value)")
            // JSON has no word for what is no number.
            case let number as Double where number.isFinite: self = .number("\(number)")
            default: self = .text("\(value)")
            }
        }
    }
}

extension Logger.Level {
    /// - Throws: `invalidArgument` for a text that is no level.
    init(setting text: String) throws {
        guard let level = Logger.Level(rawValue: text.lowercased()) else {
            throw UnstickError(
                .invalidArgument,
                "LOG_LEVEL must be one of \(Self.allCases.map(\.rawValue).joined(separator: ", "))."
            )
        }
        self = level
    }
}
