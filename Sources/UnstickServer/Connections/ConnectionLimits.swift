import NIOCore

/// How much one connection may take, and all of them together.
public struct ConnectionLimits: Sendable {
    /// How many connections are open at once.
    public var connections: Int
    /// How many of them from one address, of IPv6 from one network of 64 bits; a trusted proxy has no such bound.
    public var connectionsEach: Int

    /// How many are accepted at once, and how many there may be beyond ``connections`` while others make room.
    let acceptedAtOnce: Int

    /// How long a new connection, and one that has begun a request, takes until the head of the request is complete.
    var head = TimeAmount.seconds(10)
    /// How long the body of a request takes after its head.
    var body = TimeAmount.seconds(30)
    /// How long the server takes to answer.
    ///
    /// The longest answer is a page's stream of changes.
    var answer = TimeAmount.minutes(15)
    /// How long a caller takes to read what was sent.
    var taking = TimeAmount.seconds(30)
    /// How long a connection is silent between two requests.
    var idle = TimeAmount.seconds(60)
    /// How long a connection stays open for its caller to close it.
    var closing = TimeAmount.seconds(2)
    /// How long requests that are being read, and answers that are being taken, keep a server from stopping.
    var stopping = TimeAmount.seconds(5)

    /// How many bytes of later requests are kept while one is answered.
    let pipelinedBytes = 16 * 1024
    /// How many bytes of a body are kept while nobody reads them: what the system had of a connection that then ended.
    let unreadBytes = 256 * 1024
    /// How many bytes are read at once.
    let readBytes = 16 * 1024
    /// What the system keeps of a connection, in and out.
    let receiveBuffer = 64 * 1024
    let sendBuffer = 128 * 1024
    /// The largest head of a request.
    let headBytes = 16 * 1024
    let headFields = 100

    /// The bounds of a server that has so many descriptors.
    ///
    /// Some are left for the database, webhooks and files. One address has a quarter of the connections.
    public init(descriptors: Int = 65_536) {
        let reserve = min(512, descriptors / 2)
        self.connections = max(1, min(10_000, descriptors - reserve))
        self.acceptedAtOnce = max(1, reserve / 8)
        self.connectionsEach = max(1, self.connections / 4)
    }
}
