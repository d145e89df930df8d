import Logging

/// Hands log lines on with nothing in them that a terminal would obey, and none of them longer than a line.
struct TerminalLogHandler: LogHandler {
    private var inner: any LogHandler

    init(_ inner: any LogHandler) {
        self.inner = inner
    }

    var logLevel: Logger.Level {
        get { self.inner.logLevel }
        set { self.inner.logLevel = newValue }
    }

    var metadata: Logger.Metadata {
        get { self.inner.metadata }
        set { self.inner.metadata = Self.shown(newValue) }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.inner[metadataKey: key] }
        set { self.inner[metadataKey: key] = newValue.map(Self.shown) }
    }

    func log(event: LogEvent) {
        var event = event
        event.message = "\(TerminalText.line("\(event.message)"))"
        event.metadata = event.metadata.map(Self.shown)
        self.inner.log(event: event)
    }

    private static func shown(_ metadata: Logger.Metadata) -> Logger.Metadata { metadata.mapValues(Self.shown) }

    private static func shown(_ value: Logger.Metadata.Value) -> Logger.Metadata.Value {
        "\(TerminalText.line("\(value)"))"
    }
}
