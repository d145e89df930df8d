import NIOCore
import NIOHTTP1

/// Controls the requests and answers of one connection: one at a time, each in bounded time, and only valid ones.
final class RequestGate: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let limits: ConnectionLimits
    private let bytes: ByteGate
    /// Called when the connection has a request, and when it waits for one.
    private let onWork: (_ hasRequest: Bool) -> Void

    private var context: ChannelHandlerContext?
    private var deadlines = Deadlines()
    private var timer: NIODeadline?
    /// The head of a request has arrived, but not its end.
    private var isReceiving = false
    /// The head of a request has arrived, and its answer is not sent yet.
    private var isAnswering = false
    private var hasAnswerBegun = false
    /// The answer to the request is the last one.
    private var isLast = false
    private var isStopping = false
    /// Bytes of a head have arrived.
    private var hasHeadBegun = false
    /// Further requests in the current piece are dropped.
    private var isDropping = false
    /// Our side closes when all is sent.
    private var isFinished = false
    /// Our side is closed: nothing is read or written any more.
    private var isEnded = false
    private var unsent = 0

    init(
        limits: ConnectionLimits,
        bytes: ByteGate,
        onWork: @escaping (_ hasRequest: Bool) -> Void
    ) {
        self.limits = limits
        self.bytes = bytes
        self.onWork = onWork
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.wait(for: .head, self.limits.head, context)
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelInactive(context: ChannelHandlerContext) {
        self.deadlines.clear()
        context.fireChannelInactive()
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !self.isEnded, !self.isDropping else { return }
        switch self.unwrapInboundIn(data) {
        case .head(let head): self.received(head, context)
        case .body: context.fireChannelRead(data)
        case .end:
            self.bytes.hold()
            self.isReceiving = false
            self.deadlines[.body] = nil
            context.fireChannelRead(data)
            if !self.isAnswering { self.isOver(context) }
        }
    }

    private func received(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        // After a chunked body, another request may be in the same piece. Its caller sends it again.
        guard !self.isReceiving, !self.isAnswering else { return self.makeLast() }
        self.deadlines.clear()
        if let refused = RefusedRequest(of: head) {
            return self.refuse(refused, isHead: head.method == .HEAD, context)
        }
        self.onWork(true)
        self.isReceiving = true
        self.isAnswering = true
        self.hasAnswerBegun = false
        self.bytes.framing = Self.framing(of: head)
        self.wait(for: .body, self.limits.body, context)
        self.wait(for: .answer, self.limits.answer, context)
        var head = head
        // A request for another protocol is answered in this one; what follows cannot be read.
        let isUpgrade = head.headers.contains(name: "upgrade")
        if !head.isKeepAlive || head.version.minor == 0 || isUpgrade || self.isStopping { self.isLast = true }
        if self.isLast { head.headers.replaceOrAdd(name: "connection", value: "close") }
        context.fireChannelRead(self.wrapInboundOut(.head(head)))
    }

    /// Nothing after the current request is answered.
    private func makeLast() {
        self.isLast = true
        self.isDropping = true
        self.bytes.discard()
    }

    private static func framing(of head: HTTPRequestHead) -> ByteGate.Framing {
        if head.headers.contains(name: "transfer-encoding") { return .chunks }
        let length = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
        return length > 0 ? .body(length) : .head
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? HTTPParserError, !self.isEnded {
            if self.hasAnswerBegun {
                self.makeLast()
            } else {
                self.refuse(RefusedRequest(error), context)
            }
            // The reader of the body learns that the rest does not arrive.
            context.fireErrorCaught(ChannelError.inputClosed)
        } else {
            context.fireErrorCaught(error)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ByteGate.HeadBegan:
            self.hasHeadBegun = true
            self.deadlines[.idle] = nil
            if self.deadlines[.head] == nil { self.wait(for: .head, self.limits.head, context) }
        case ChannelEvent.inputClosed where self.isEnded: context.close(promise: nil)
        case is ChannelShouldQuiesceEvent: self.stop(context)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    /// The server stops: a request that has arrived is answered, others are not waited for.
    private func stop(_ context: ChannelHandlerContext) {
        self.isStopping = true
        self.isLast = true
        guard self.isReceiving || self.isAnswering else { return context.close(promise: nil) }
        if self.isReceiving { self.wait(for: .body, self.limits.stopping, context) }
        if self.unsent > 0 { self.wait(for: .taking, self.limits.stopping, context) }
    }

    // MARK: Answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !self.isEnded else {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        var part = self.unwrapOutboundIn(data)
        if case .head(var head) = part {
            self.hasAnswerBegun = true
            if self.isLast { head.headers.replaceOrAdd(name: "connection", value: "close") }
            part = .head(head)
        }
        self.send(part, context, promise)
    }

    private func send(
        _ part: HTTPServerResponsePart,
        _ context: ChannelHandlerContext,
        _ promise: EventLoopPromise<Void>? = nil
    ) {
        let isEnd = if case .end = part { true } else { false }
        if self.unsent == 0 {
            self.wait(for: .taking, self.isStopping ? self.limits.stopping : self.limits.taking, context)
        }
        self.unsent += 1
        let promise = promise ?? context.eventLoop.makePromise()
        promise.futureResult.assumeIsolated().whenSuccess { self.isSent(isEnd: isEnd, context) }
        context.write(self.wrapOutboundOut(part), promise: promise)
    }

    private func isSent(isEnd: Bool, _ context: ChannelHandlerContext) {
        self.unsent -= 1
        if self.unsent == 0 { self.deadlines[.taking] = nil }
        if self.unsent == 0, self.isFinished { return self.end(context) }
        if self.unsent == 0, self.isEnded { self.wait(for: .closing, self.limits.closing, context) }
        guard isEnd, !self.isEnded else { return }
        self.isAnswering = false
        self.deadlines[.answer] = nil
        if !self.isReceiving { self.isOver(context) }
    }

    /// The request is answered, and the answer is sent.
    private func isOver(_ context: ChannelHandlerContext) {
        guard !self.isLast else { return self.end(context) }
        self.onWork(false)
        self.hasHeadBegun = false
        self.wait(for: .idle, self.limits.idle, context)
        self.bytes.release()
    }

    /// Refuses a request, and ends the connection.
    private func refuse(_ refused: RefusedRequest, isHead: Bool = false, _ context: ChannelHandlerContext) {
        for part in refused.parts(isHead: isHead) { self.send(part, context) }
        context.flush()
        self.end(context)
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode == .output else { return context.close(mode: mode, promise: promise) }
        promise?.succeed(())
        self.isFinished = true
        // If the other half of the connection is closed, the channel would drop unsent bytes.
        if self.unsent == 0 { self.end(context) }
    }

    /// Closes our side, and gives the caller a moment to read and to close theirs: otherwise the last answer would be
    /// lost.
    private func end(_ context: ChannelHandlerContext) {
        guard !self.isEnded else { return }
        self.isEnded = true
        self.bytes.discard()
        context.close(mode: .output, promise: nil)
        let taking = self.deadlines[.taking]
        self.deadlines.clear()
        self.deadlines[.taking] = taking
        if self.unsent == 0 { self.wait(for: .closing, self.limits.closing, context) }
    }

    // MARK: Time

    private func wait(for wait: Deadlines.Wait, _ time: TimeAmount, _ context: ChannelHandlerContext) {
        self.deadlines[wait] = context.eventLoop.now + time
        self.setTimer(context)
    }

    private func setTimer(_ context: ChannelHandlerContext) {
        guard let due = self.deadlines.first?.at, self.timer.map({ due < $0 }) ?? true else { return }
        self.timer = due
        // The timer must not keep an ended connection alive.
        context.eventLoop.assumeIsolated().scheduleTask(deadline: due) { [weak self] in
            guard let self, self.timer == due, let context = self.context else { return }
            self.timer = nil
            self.checkTime(context)
        }
    }

    private func checkTime(_ context: ChannelHandlerContext) {
        guard let (wait, due) = self.deadlines.first else { return }
        guard due <= context.eventLoop.now else { return self.setTimer(context) }
        switch wait {
        case .head where self.hasHeadBegun, .body where !self.hasAnswerBegun:
            self.refuse(.tooSlow, context)
        default: context.close(promise: nil)
        }
    }
}
