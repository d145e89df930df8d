import NIOCore
import NIOHTTP1

/// Records the calls of one connection and replies to them.
final class MonitorHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let reply: (MonitorServer.Call) -> MonitorServer.Reply
    private var head: HTTPRequestHead?
    private var body = ""

    init(reply: @escaping (MonitorServer.Call) -> MonitorServer.Reply) {
        self.reply = reply
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            self.body = ""
        case .body(let part):
            self.body += String(buffer: part)
        case .end:
            guard let head else { return }
            let call = MonitorServer.Call(
                method: head.method.rawValue,
                target: head.uri,
                contentType: head.headers.first(name: "Content-Type"),
                body: self.body
            )
            self.send(self.reply(call), context)
        }
    }

    private func send(_ reply: MonitorServer.Reply, _ context: ChannelHandlerContext) {
        switch reply {
        case .answer(let status, let text):
            let headers: HTTPHeaders = ["Content-Length": "\(text.utf8.count)", "Location": "/elsewhere"]
            let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: status), headers: headers)
            context.write(self.wrapOutboundOut(.head(head)), promise: nil)
            context.write(self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
            context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
        case .begin:
            let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["Content-Length": "5"])
            context.writeAndFlush(self.wrapOutboundOut(.head(head)), promise: nil)
        case .hang:
            break
        }
    }
}
