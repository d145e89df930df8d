import AsyncHTTPClient
import NIOCore
import NIOPosix

/// A client of the cache, and how it is used.
///
/// A request whose connection is on another event loop than itself changes threads at each of its steps. The client
/// prefers connections on the loop of the request, so requests are given loops, as lanes, in such a way that there is
/// one: the first lane while they come one after the other, and as many on each lane when they come at once.
struct CachedClient {
    /// An event loop that requests are made on.
    struct Lane {
        /// The event loop.
        let loop: any EventLoop
        /// Which of the lanes it is.
        let index: Int
        /// How many requests are under way on it.
        fileprivate(set) var users = 0
    }

    /// The client.
    let client: HTTPClient
    /// When it was used last: a number that grows with each use.
    private(set) var lastUse = 0
    private var lanes: [Lane]

    /// Makes a client.
    init(_ configuration: HTTPClient.Configuration) {
        let group = MultiThreadedEventLoopGroup.singleton
        self.client = HTTPClient(eventLoopGroup: group, configuration: configuration)
        // The group deals out its loops in turns, so the first lanes of the clients are of different loops.
        let loops = group.makeIterator().map { _ in group.next() }
        self.lanes = loops.enumerated().map { Lane(loop: $1, index: $0) }
    }

    /// Whether no request is under way.
    var isIdle: Bool { self.lanes.allSatisfy { $0.users == 0 } }

    /// Begins a use, on the first of the lanes with the fewest users.
    mutating func enter(use: Int) -> Lane {
        self.lastUse = use
        let index = self.lanes.indices.min { self.lanes[$0].users < self.lanes[$1].users } ?? 0
        self.lanes[index].users += 1
        return self.lanes[index]
    }

    /// Ends a use.
    mutating func leave(_ lane: Lane) {
        self.lanes[lane.index].users -= 1
    }
}
