import NIOCore

/// The limits of one connection, and of all together.
public struct ConnectionLimits: Sendable {
    /// The most open connections.
    public var connections: Int
    /// The most of them from one address, or for IPv6 from one network of 64 bits; a trusted proxy has no such limit.
    public var connectionsEach: Int

    /// How many are accepted at once, and how many there may be beyond ``connections`` while others close.
    let acceptedAtOnce: Int

    /// The time limit for the head of a request, from a new connection or the first byte.
    var head = TimeAmount.seconds(10)
    /// The time limit for the body of a request after its head.
    var body = TimeAmount.seconds(30)
    /// The time limit for the answer of the server.
    ///
    /// The longest answer is the stream of changes of a page.
    var answer = TimeAmount.minutes(15)
    /// The time limit for a caller to read what was sent.
    var taking = TimeAmount.seconds(30)
    /// How long a connection may be silent between two requests.
    var idle = TimeAmount.seconds(60)
    /// How long a connection stays open for its caller to close it.
    var closing = TimeAmount.seconds(2)
    /// How long unfinished requests and answers may delay the stop of a server.
    var stopping = TimeAmount.seconds(5)

    /// How many bytes of later requests are kept while one is answered.
    let pipelinedBytes = 16 * 1024
    /// How many bytes of an unread body are kept: what the system had of a connection that then ended.
    let unreadBytes = 256 * 1024
    /// How many bytes are read at once.
    let readBytes = 16 * 1024
    /// The system's buffers of a connection, in and out.
    let receiveBuffer = 64 * 1024
    let sendBuffer = 128 * 1024
    /// The largest head of a request.
    let headBytes = 16 * 1024
    let headFields = 100

    /// The limits of a server with this many descriptors.
    ///
    /// Some are reserved for the database, webhooks and files. One address has a quarter of the connections.
    public init(descriptors: Int = 65_536) {
        let reserve = min(512, descriptors / 2)
        self.connections = max(1, min(10_000, descriptors - reserve))
        self.acceptedAtOnce = max(1, reserve / 8)
        self.connectionsEach = max(1, self.connections / 4)
    }
}
