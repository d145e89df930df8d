import AsyncHTTPClient
import NIOCore
import NIOPosix

/// A client of the cache, and its current use.
///
/// A request whose connection is on another event loop changes threads at each step. The client prefers connections on
/// the request's loop, so requests are assigned to loops, as lanes, where one is likely: the first lane while they
/// arrive one after the other, and an equal number on each lane when they arrive at once.
struct CachedClient {
    /// An event loop for requests.
    struct Lane {
        /// The event loop.
        let loop: any EventLoop
        /// The index of the lane.
        let index: Int
        /// The number of requests in progress on it.
        fileprivate(set) var users = 0
    }

    /// The client.
    let client: HTTPClient
    /// When it was last used: a number that increases with each use.
    private(set) var lastUse = 0
    private var lanes: [Lane]

    /// Makes a client.
    init(_ configuration: HTTPClient.Configuration) {
        let group = MultiThreadedEventLoopGroup.singleton
        self.client = HTTPClient(eventLoopGroup: group, configuration: configuration)
        // The group assigns its loops in turn, so the first lanes of the clients are on different loops.
        let loops = group.makeIterator().map { _ in group.next() }
        self.lanes = loops.enumerated().map { Lane(loop: $1, index: $0) }
    }

    /// Whether no request is in progress.
    var isIdle: Bool { self.lanes.allSatisfy { $0.users == 0 } }

    /// Starts a use, on the first of the lanes with the fewest users.
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
