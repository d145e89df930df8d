import Synchronization
package import Tracing
import Unstick

/// A tracer that supports W3C Trace Context and records the spans of the traces that a test watches.
///
/// One for the process, as tracers are: tests distinguish their spans by their traces.
package struct RecordingTracer: Tracer {
    private static let watched = Mutex<[String: [RecordedSpan]]>([:])
    private static let install: Void = InstrumentationSystem.bootstrap(RecordingTracer())

    /// Starts to record a new trace.
    ///
    /// - Returns: its `traceparent`, as a caller sends it.
    package static func watchNewTrace() -> String {
        self.install
        let trace = RandomID.uuid().replacing("-", with: "")
        self.watched.withLock { $0[trace] = [] }
        return "00-\(trace)-\(trace.prefix(16))-01"
    }

    /// The ended spans of a watched trace, in the order of their ends.
    package static func spans(of parent: String) -> [RecordedSpan] {
        self.watched.withLock { $0[String(parent.split(separator: "-")[1])] } ?? []
    }

    fileprivate static func ended(_ span: RecordedSpan) {
        self.watched.withLock { watched in
            // Spans of other traces are dropped.
            guard watched[span.trace] != nil else { return }
            watched[span.trace]?.append(span)
        }
    }

    package func startSpan<Instant: TracerInstant>(
        _ operationName: String,
        context: @autoclosure () -> ServiceContext,
        ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant,
        function: String,
        file fileID: String,
        line: UInt
    ) -> RecordedSpan {
        RecordedSpan(operationName, in: context())
    }

    package func forceFlush() {}

    package func inject<Carrier, Inject: Injector>(
        _ context: ServiceContext,
        into carrier: inout Carrier,
        using injector: Inject
    ) where Inject.Carrier == Carrier {
        guard let span = context[RecordedSpan.Key.self] else { return }
        injector.inject("00-\(span.trace)-\(span.id)-01", forKey: "traceparent", into: &carrier)
    }

    package func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier,
        into context: inout ServiceContext,
        using extractor: Extract
    ) where Extract.Carrier == Carrier {
        guard let text = extractor.extract(key: "traceparent", from: carrier), let parent = TraceParent(text) else {
            return
        }
        let parts = parent.text.split(separator: "-").map(String.init)
        context[RecordedSpan.Key.self] = (trace: parts[1], id: parts[2])
    }
}

/// A span for a test.
package final class RecordedSpan: Span {
    fileprivate enum Key: ServiceContextKey {
        typealias Value = (trace: String, id: String)
    }

    private struct State {
        var name: String
        var attributes: SpanAttributes = [:]
        var hasFailed = false
    }

    package let trace: String
    package let id: String
    /// Its parent span.
    package let parent: String?
    package let context: ServiceContext
    private let state: Mutex<State>

    fileprivate init(_ name: String, in context: ServiceContext) {
        let above = context[Key.self]
        self.trace = above?.trace ?? RandomID.uuid().replacing("-", with: "")
        self.id = String(RandomID.uuid().replacing("-", with: "").suffix(16))
        self.parent = above?.id
        var context = context
        context[Key.self] = (self.trace, self.id)
        self.context = context
        self.state = Mutex(State(name: name))
    }

    package var operationName: String {
        get { self.state.withLock { $0.name } }
        set { self.state.withLock { $0.name = newValue } }
    }

    package var attributes: SpanAttributes {
        get { self.state.withLock { $0.attributes } }
        set { self.state.withLock { $0.attributes = newValue } }
    }

    package var isRecording: Bool { true }
    package var hasFailed: Bool { self.state.withLock { $0.hasFailed } }

    package func setStatus(_ status: SpanStatus) {
        self.state.withLock { $0.hasFailed = status.code == .error }
    }

    package func addEvent(_ event: SpanEvent) {}

    package func recordError<Instant: TracerInstant>(
        _ error: any Error,
        attributes: SpanAttributes,
        at instant: @autoclosure () -> Instant
    ) {
        self.state.withLock { $0.hasFailed = true }
    }

    package func addLink(_ link: SpanLink) {}

    package func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) { RecordingTracer.ended(self) }
}
