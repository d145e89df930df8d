import NIOCore
import NIOEmbedded
import NIOHTTP1

@testable import UnstickServer

/// A connection without a socket, on a clock that the test moves.
final class GateHarness {
    let loop = EmbeddedEventLoop()
    let channel: EmbeddedChannel
    let presence = Presence()
    let limits = ConnectionLimits()

    init() throws {
        self.channel = EmbeddedChannel(loop: self.loop)
        let pipeline = self.channel.pipeline.syncOperations
        try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: false, withErrorHandling: false)
        let bytes = ByteGate(limits: self.limits, presence: self.presence)
        try pipeline.addHandler(bytes, position: .first)
        try pipeline.addHandler(RequestGate(limits: self.limits, bytes: bytes) { _ in })
        try self.channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        self.channel.read()
    }

    /// Bytes come in, and those behind ask for more.
    func send(_ text: String) throws {
        guard self.isOpen else { return }
        try self.channel.writeInbound(ByteBuffer(string: text))
        guard self.isOpen else { return }
        self.channel.read()
        self.loop.run()
    }

    var isOpen: Bool { self.channel.isActive }

    /// The requests that were handed on since, by method, path and body.
    func requests() throws -> [String] {
        var requests: [String] = []
        while let part = try self.channel.readInbound(as: HTTPServerRequestPart.self) {
            switch part {
            case .head(let head): requests.append("\(head.method) \(head.uri)")
            case .body(let body): requests[requests.count - 1] += " \(String(buffer: body))"
            case .end: requests[requests.count - 1] += "."
            }
        }
        return requests
    }

    /// Writes an answer, which the caller takes unless told otherwise.
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

    /// What was sent since.
    func sent() throws -> String {
        var text = ""
        while let data = try self.channel.readOutbound(as: IOData.self) {
            if case .byteBuffer(let bytes) = data { text += String(buffer: bytes) }
        }
        return text
    }

    func pass(_ time: TimeAmount) { self.loop.advanceTime(by: time) }
}
