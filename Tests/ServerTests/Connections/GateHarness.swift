import NIOCore
import NIOEmbedded
import NIOHTTP1

@testable import UnstickServer

/// A connection without a socket, with a clock that the test moves.
final class GateHarness {
    let loop = EmbeddedEventLoop()
    let channel: EmbeddedChannel
    let presence = Presence()
    let limits = ConnectionLimits()

    init() throws {
        self.channel = EmbeddedChannel(loop: self.loop)
        let pipeline = self.channel.pipeline.syncOperations
        var decoding = NIOHTTPDecoderLimitConfiguration()
        decoding.maxHeaderFieldSize = self.limits.headBytes
        decoding.maxHeaderListSize = self.limits.headBytes
        decoding.maxHeaderFieldCount = self.limits.headFields
        try pipeline.configureHTTPServerPipeline(
            withPipeliningAssistance: false,
            withErrorHandling: false,
            withOutboundHeaderValidation: false,
            withEncoderConfiguration: .init(),
            withDecoderLimitConfiguration: decoding
        )
        let bytes = ByteGate(limits: self.limits, presence: self.presence)
        try pipeline.addHandler(bytes, position: .first)
        try pipeline.addHandler(RequestGate(limits: self.limits, bytes: bytes) { _ in })
        try self.channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        self.channel.read()
    }

    /// Bytes arrive, and the handlers behind read more.
    func send(_ text: String) throws {
        guard self.isOpen else { return }
        try self.channel.writeInbound(ByteBuffer(string: text))
        guard self.isOpen else { return }
        self.channel.read()
        self.loop.run()
    }

    var isOpen: Bool { self.channel.isActive }

    /// All requests that were passed on so far, by method, path and body; with a full stop when they are complete.
    private(set) var came: [String] = []
    private var hasBody = false

    /// The requests that were passed on since the last call.
    func requests() throws -> [String] {
        let before = self.came.count
        while let part = try self.channel.readInbound(as: HTTPServerRequestPart.self) {
            switch part {
            case .head(let head):
                self.came.append("\(head.method) \(head.uri)")
                self.hasBody = false
            case .body(let body):
                self.came[self.came.count - 1] += (self.hasBody ? "" : " ") + String(buffer: body)
                self.hasBody = true
            case .end: self.came[self.came.count - 1] += "."
            }
        }
        return Array(self.came[before...])
    }

    /// Writes an answer, which the caller reads by default.
    func answer(_ text: String = "", isTaken: Bool = true) throws {
        let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-length": "\(text.utf8.count)"])
        self.channel.write(HTTPServerResponsePart.head(head), promise: nil)
        if !text.isEmpty {
            self.channel.write(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: text))), promise: nil)
        }
        self.channel.write(HTTPServerResponsePart.end(nil), promise: nil)
        guard isTaken else { return }
        self.channel.flush()
        self.loop.run()
    }

    /// The bytes that were sent since the last call.
    func sent() throws -> String {
        var text = ""
        while let data = try self.channel.readOutbound(as: IOData.self) {
            if case .byteBuffer(let bytes) = data { text += String(buffer: bytes) }
        }
        return text
    }

    func pass(_ time: TimeAmount) { self.loop.advanceTime(by: time) }
}
