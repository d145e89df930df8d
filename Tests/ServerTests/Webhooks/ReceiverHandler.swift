import NIOCore

/// One connection of a ``MisbehavingReceiver``.
final class ReceiverHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private static let chunk = ByteBuffer(repeating: UInt8(ascii: "x"), count: 64 * 1024)
    private static let pause = TimeAmount.milliseconds(50)

    private let receiver: MisbehavingReceiver
    private var input = ByteBuffer()

    init(_ receiver: MisbehavingReceiver) {
        self.receiver = receiver
    }

    func channelActive(context: ChannelHandlerContext) {
        self.receiver.opened(context.channel)
        if case .closesAtOnce = self.receiver.behaviour { context.close(promise: nil) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var part = self.unwrapInboundIn(data)
        self.input.writeBuffer(&part)
        while let request = ReceivedRequest(from: &self.input) {
            self.receiver.record(request)
            self.answer(context.channel)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func answer(_ channel: any Channel) {
        switch self.receiver.behaviour {
        case .answers(let text): channel.writeAndFlush(ByteBuffer(string: text), promise: nil)
        case .closesAtOnce, .neverAnswers: break
        case .closesAfter(let text):
            channel.writeAndFlush(ByteBuffer(string: text)).whenComplete { _ in channel.close(promise: nil) }
        case .drips(let text):
            channel.writeAndFlush(ByteBuffer(string: text), promise: nil)
            Self.drip(channel)
        case .floods(let size):
            channel.writeAndFlush(ByteBuffer(string: Behaviour.head(length: size)), promise: nil)
            Self.flood(channel, size, self.receiver)
        }
    }

    private static func drip(_ channel: any Channel) {
        channel.eventLoop.scheduleTask(in: Self.pause) {
            channel.writeAndFlush(ByteBuffer(string: "x")).whenSuccess { Self.drip(channel) }
        }
    }

    /// Writes no faster than the other side reads, so that the count is about the number of received bytes.
    private static func flood(_ channel: any Channel, _ left: Int, _ receiver: MisbehavingReceiver) {
        guard left > 0 else { return }
        let size = min(left, Self.chunk.readableBytes)
        channel.writeAndFlush(ByteBuffer(Self.chunk.readableBytesView.prefix(size))).whenSuccess {
            receiver.wrote(size)
            channel.eventLoop.execute { Self.flood(channel, left - size, receiver) }
        }
    }
}
