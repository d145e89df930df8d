import Logging
import Synchronization

/// Records log lines of any level.
final class RecordedLog: Sendable {
    private let recorded = Mutex<[String]>([])

    /// The lines, each with its level, its message and its metadata.
    var lines: [String] { self.recorded.withLock { $0 } }

    /// A logger that writes to it.
    var logger: Logger { Logger(label: "test") { _ in Handler(log: self) } }

    private struct Handler: LogHandler {
        let log: RecordedLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { self.metadata[key] }
            set { self.metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let pairs = self.metadata.merging(event.metadata ?? [:]) { $1 }.map { "\($0)=\($1)" }.sorted()
            let line = "\(event.level): \(event.message) \(pairs.joined(separator: ", "))"
            self.log.recorded.withLock { $0.append(line) }
        }
    }
}
