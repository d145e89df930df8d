import Logging
import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Keeps a listening socket open when it cannot accept a connection: without descriptors or memory, it tries again a
/// moment later.
final class AcceptGuard: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias OutboundIn = Never

    private static let transient: Set<CInt> = [ECONNABORTED, EMFILE, ENFILE, ENOBUFS, ENOMEM]
    private static let pause = TimeAmount.milliseconds(100)
    /// How long connections that make room take to close.
    private static let roomPause = TimeAmount.milliseconds(5)
    /// How many pauses there are between two lines of the log.
    private static let pausesPerNotice = 600

    private let logger: Logger
    private let isFull: () -> Bool
    private var pauses = 0
    private var isPausing = false
    private var isAskedToRead = false

    /// - Parameter isFull: whether no connection may be accepted until another one has closed.
    init(logger: Logger, isFull: @escaping () -> Bool = { false }) {
        self.logger = logger
        self.isFull = isFull
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError, Self.transient.contains(error.errnoCode) else {
            return context.fireErrorCaught(error)
        }
        // Its caller disconnected before it was accepted.
        guard error.errnoCode != ECONNABORTED, !self.isPausing else { return }
        if self.pauses % Self.pausesPerNotice == 0 {
            self.logger.error(
                "No connection can be accepted; raise the limit of open files (LimitNOFILE)",
                metadata: ["reason": "\(String(cString: strerror(error.errnoCode)))"]
            )
        }
        self.pauses += 1
        self.pause(for: Self.pause, context)
    }

    private func pause(for time: TimeAmount, _ context: ChannelHandlerContext) {
        self.isPausing = true
        context.eventLoop.assumeIsolated().scheduleTask(in: time) {
            self.isPausing = false
            guard self.isAskedToRead else { return }
            self.isAskedToRead = false
            self.read(context: context)
        }
    }

    func read(context: ChannelHandlerContext) {
        if !self.isPausing, self.isFull() { self.pause(for: Self.roomPause, context) }
        if self.isPausing { self.isAskedToRead = true } else { context.read() }
    }
}
