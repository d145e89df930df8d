import NIOCore

/// Forwards the bytes of one request to the parser, and those of the next request after the answer was sent.
///
/// Until then the socket is not read. So a caller who sends requests and reads no answers uses the memory of one
/// request.
final class ByteGate: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = IOData

    /// The first byte of a request has arrived.
    struct HeadBegan {}

    /// The next part of the input.
    enum Framing {
        /// The head of a request, which ends with an empty line.
        case head
        /// A body with this many bytes left.
        case body(Int)
        /// A chunked body; it is passed on in pieces, so that many small chunks do not arrive at once.
        case chunks
    }

    /// The longest piece of a head, and of a chunked body.
    private static let pieceBytes = 1024

    /// Set when the head of a request has been read.
    var framing = Framing.head {
        didSet { self.lineIsEmpty = false }
    }

    private let limits: ConnectionLimits
    private let presence: Presence
    private var context: ChannelHandlerContext?
    private var held = ByteBuffer()
    private var lineIsEmpty = false
    private var isBetweenRequests = true
    private var isHolding = false
    private var isDiscarding = false
    private var isInputClosed = false
    private var isAskedToRead = false
    private var isHandingOn = false

    init(limits: ConnectionLimits, presence: Presence) {
        self.limits = limits
        self.presence = presence
    }

    /// Forwards nothing until the answer was sent.
    func hold() { self.isHolding = true }

    /// Continues with the next request.
    func release() {
        self.isHolding = false
        self.isBetweenRequests = true
        self.framing = .head
        // Not from within a read or a write.
        self.context?.eventLoop.assumeIsolated().execute { self.handOn() }
    }

    /// Drops all further input, because the connection is about to end.
    func discard() {
        self.isDiscarding = true
        self.held = ByteBuffer()
        // No handler behind requests reads, and the end of the connection must be noticed.
        self.context?.read()
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !self.isDiscarding else { return }
        var bytes = self.unwrapInboundIn(data)
        if self.held.readableBytes == 0 { self.held = bytes } else { self.held.writeBuffer(&bytes) }
        // More arrives than was requested only when the other side has closed its half.
        if self.isHolding, self.held.readableBytes > self.limits.pipelinedBytes {
            self.held = ByteBuffer()
        } else if self.held.readableBytes > self.limits.unreadBytes {
            context.close(promise: nil)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        self.handOn()
        if self.isDiscarding { context.read() }
    }

    func read(context: ChannelHandlerContext) {
        self.isAskedToRead = true
        self.handOn()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event else { return context.fireUserInboundEventTriggered(event) }
        self.presence.leave()
        self.isInputClosed = true
        self.handOn()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.presence.leave()
        context.fireChannelInactive()
    }

    private func handOn() {
        guard !self.isHandingOn, let context = self.context else { return }
        self.isHandingOn = true
        defer { self.isHandingOn = false }
        while self.isAskedToRead, !self.isHolding, !self.isDiscarding, let piece = self.nextPiece(context) {
            self.isAskedToRead = false
            context.fireChannelRead(self.wrapInboundOut(piece))
            context.fireChannelReadComplete()
            // The handlers behind answer with a read, unless they have enough.
            if !self.isAskedToRead { context.channel.pipeline.syncOperations.read() }
        }
        guard self.isDiscarding || (!self.isHolding && self.held.readableBytes == 0) else { return }
        if self.isInputClosed {
            self.isInputClosed = false
            context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        } else if self.isAskedToRead {
            self.isAskedToRead = false
            context.read()
        }
    }

    /// The next piece to pass on; `nil` where there is none.
    private func nextPiece(_ context: ChannelHandlerContext) -> ByteBuffer? {
        if self.isBetweenRequests {
            // Empty lines before a request have no meaning.
            self.held.moveReaderIndex(
                forwardBy: self.held.readableBytesView.prefix { $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") }
                    .count
            )
            guard self.held.readableBytes > 0 else { return nil }
            self.isBetweenRequests = false
            context.fireUserInboundEventTriggered(HeadBegan())
        }
        guard self.held.readableBytes > 0 else { return nil }
        switch self.framing {
        case .head: return self.held.readSlice(length: self.lengthToEmptyLine())
        case .chunks: return self.held.readSlice(length: min(Self.pieceBytes, self.held.readableBytes))
        case .body(let left):
            let length = min(left, self.held.readableBytes)
            self.framing = left > length ? .body(left - length) : .head
            return self.held.readSlice(length: length)
        }
    }

    /// How many bytes there are up to the end of an empty line, in this piece or across earlier ones.
    private func lengthToEmptyLine() -> Int {
        var isEmpty = self.lineIsEmpty
        let length = self.held.withUnsafeReadableBytes { bytes in
            for index in 0..<min(bytes.count, Self.pieceBytes) {
                switch bytes[index] {
                case UInt8(ascii: "\n"):
                    if isEmpty { return index + 1 }
                    isEmpty = true
                case UInt8(ascii: "\r"): continue
                default: isEmpty = false
                }
            }
            return min(bytes.count, Self.pieceBytes)
        }
        self.lineIsEmpty = isEmpty
        return length
    }
}
