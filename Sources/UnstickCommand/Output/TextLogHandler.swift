import Logging
import Unstick
import UnstickSQLite

/// Writes each log line as text for people: the time, the level, the message, and the metadata by name.
///
/// Nothing in it is obeyed by a terminal, and a line that cannot be written is dropped.
struct TextLogHandler: LogHandler {
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
        let facts = self.metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        return TerminalText.line(
            (["\(now) \(event.level.rawValue) \(self.label): \(event.message)"] + facts.map { "\($0.key)=\($0.value)" })
                .joined(separator: " ")
        )
    }
}
