package import Tracing

/// A W3C `traceparent`: the trace of an operation, received from callers and sent to webhooks.
///
/// [Trace Context, section 3.2](https://www.w3.org/TR/trace-context/#traceparent-header)
package struct TraceParent: Hashable, Sendable {
    /// The header's value.
    package let text: String

    /// Reads a header; `nil` for an invalid one, because it is untrusted.
    package init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 4, zip(parts, [2, 32, 16, 2]).allSatisfy({ $0.utf8.count == $1 }),
            parts.allSatisfy({ $0.utf8.allSatisfy(Self.isLowerHex) }), parts[0] != "ff",
            parts[1].contains(where: { $0 != "0" }), parts[2].contains(where: { $0 != "0" })
        else { return nil }
        self.text = text
    }

    private static func isLowerHex(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }

    /// The value for the current task: from the tracer, and without a tracer as it was received.
    package static var current: TraceParent? {
        guard let context = ServiceContext.current else { return nil }
        var headers: [String: String] = [:]
        InstrumentationSystem.instrument.inject(context, into: &headers, using: Headers())
        return headers["traceparent"].flatMap { TraceParent($0) } ?? context.traceParent
    }

    private struct Headers: Injector {
        func inject(_ value: String, forKey key: String, into headers: inout [String: String]) {
            headers[key.lowercased()] = value
        }
    }
}

extension ServiceContext {
    private enum Key: ServiceContextKey {
        typealias Value = TraceParent
        static var nameOverride: String? { "traceparent" }
    }

    /// The trace that a caller sent.
    package var traceParent: TraceParent? {
        get { self[Key.self] }
        set { self[Key.self] = newValue }
    }

    /// A context that continues a stored trace.
    ///
    /// - Parameter text: its `traceparent`; `nil` for none.
    package static func continuing(_ text: String?) -> ServiceContext {
        var context = ServiceContext.topLevel
        guard let text else { return context }
        context.traceParent = TraceParent(text)
        InstrumentationSystem.instrument.extract(["traceparent": text], into: &context, using: StoredHeaders())
        return context
    }

    private struct StoredHeaders: Extractor {
        func extract(key: String, from headers: [String: String]) -> String? { headers[key.lowercased()] }
    }
}
