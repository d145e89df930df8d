import Foundation
import Logging
import Unstick
import UnstickSQLite

/// Writes each log event as one line to standard error, as text or as JSON.
///
/// Control characters are escaped. A line that cannot be written is dropped.
struct LineLogHandler: LogHandler {
    let label: String
    let format: LogFormat
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
        let metadata = self.metadata.merging(event.metadata ?? [:]) { $1 }
        return switch self.format {
        case .text: self.text(event, metadata, now)
        case .json: self.json(event, metadata, now)
        }
    }

    /// The time, the level, the message, and the metadata by name.
    private func text(_ event: LogEvent, _ metadata: Logger.Metadata, _ now: Timestamp) -> String {
        let head = "\(now) \(event.level.rawValue) \(self.label): \(event.message)"
        let values = metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return TerminalText.line(([head] + values).joined(separator: " "))
    }

    /// `time`, `level`, `logger`, `message`, and the metadata by name.
    private func json(_ event: LogEvent, _ metadata: Logger.Metadata, _ now: Timestamp) -> String {
        var fields = metadata.mapValues(JSONValue.init(logged:))
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
    /// A value of a log line with its type: numbers and flags are not texts.
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
            // JSON cannot represent numbers that are not finite.
            case let number as Double where number.isFinite: self = .number("\(number)")
            default: self = .text("\(value)")
            }
        }
    }
}
