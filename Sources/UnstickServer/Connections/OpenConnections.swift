import Logging
import Metrics
import NIOCore
import Synchronization
import UnstickHTTP

/// The open connections, limited in total and for each address.
///
/// When the limit is reached, the connection that has waited longest for a request is closed: one of the same address
/// if that has reached its own limit. A caller who opens connections and sends nothing blocks no other caller.
final class OpenConnections: Sendable {
    /// Why a connection is refused: all others have a request, or the server stops.
    enum Refusal: String, Error {
        case tooManyOfAddress = "too_many_of_address"
        case tooMany = "too_many"
        case stopping
    }

    private struct Connection {
        let channel: any Channel
        /// The holder of its share; `nil` for a proxy.
        let holder: Shares.Holder?

        var holders: [Shares.Holder] { self.holder.map { [$0] } ?? [] }
    }

    private struct State {
        var connections: [Int: Connection] = [:]
        var waiting = WaitingLine()
        var waitingOfHolder: [String: WaitingLine] = [:]
        /// The numbers of connections that were accepted and not yet opened.
        var arrived: [ObjectIdentifier: Int] = [:]
        /// How many were accepted and are not closed.
        var accepted = 0
        private var last = 0
        var isEnded = false
        var noticed: ContinuousClock.Instant?

        /// An increasing number, for the order in which connections arrive or begin to wait.
        mutating func next() -> Int {
            self.last += 1
            return self.last
        }
    }

    private let limits: ConnectionLimits
    private let proxies: TrustedProxies
    private let logger: Logger
    private let shares: Shares
    private let state = Mutex(State())

    init(limits: ConnectionLimits, proxies: TrustedProxies, logger: Logger) {
        self.limits = limits
        self.proxies = proxies
        self.logger = logger
        self.shares = Shares(most: limits.connections)
    }

    var count: Int { self.shares.taken }

    /// Notes when a connection is accepted.
    ///
    /// It is opened a moment later on its own thread, maybe after later ones.
    func arrives(_ channel: any Channel) {
        let key = ObjectIdentifier(channel)
        self.state.withLock { state in
            state.arrived[key] = state.next()
            state.accepted += 1
        }
        channel.closeFuture.whenComplete { _ in
            self.state.withLock { state in
                state.arrived[key] = nil
                state.accepted -= 1
            }
        }
    }

    /// Whether connections must still close before another one is accepted.
    var isFull: Bool { self.state.withLock { $0.accepted >= self.limits.connections + self.limits.acceptedAtOnce } }

    /// Opens a connection, which then waits for a request.
    ///
    /// - Returns: its number, for the other calls.
    func open(_ channel: any Channel) throws(Refusal) -> Int {
        let address = channel.remoteAddress.flatMap { IPAddress($0) }
        let holder = address.flatMap {
            self.proxies.trusts($0) ? nil : Shares.Holder($0.group, most: self.limits.connectionsEach)
        }
        let connection = Connection(channel: channel, holder: holder)
        let id = self.state.withLock { $0.arrived.removeValue(forKey: ObjectIdentifier(channel)) ?? $0.next() }
        do {
            try self.take(for: connection.holders, arrived: id)
        } catch {
            Counter(label: "unstick_http_connections_refused_total", dimensions: [("reason", error.rawValue)])
                .increment()
            self.notice(error, address)
            throw error
        }
        let isLetIn = self.state.withLock { state in
            guard !state.isEnded else { return false }
            state.connections[id] = connection
            Self.wait(id, since: id, in: &state)
            return true
        }
        guard isLetIn else {
            self.shares.free(for: connection.holders)
            throw .stopping
        }
        self.record()
        return id
    }

    /// The server stops: every connection ends after its current request, and no new one is opened.
    func end() {
        let channels = self.state.withLock { state in
            state.isEnded = true
            return state.connections.values.map(\.channel)
        }
        for channel in channels {
            channel.eventLoop.execute {
                channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
            }
        }
    }

    private func take(for holders: [Shares.Holder], arrived: Int) throws(Refusal) {
        while true {
            do {
                return try self.shares.take(for: holders)
            } catch {
                switch error {
                case .holderIsFull where self.makeRoom(for: arrived, among: holders.first): continue
                case .holderIsFull: throw .tooManyOfAddress
                case .allIsTaken where self.makeRoom(for: arrived, among: nil): continue
                case .allIsTaken: throw .tooMany
                }
            }
        }
    }

    /// Closes the connection that has waited longest for a request, of all or of one holder.
    ///
    /// - Returns: whether there is one that has waited longer than the new connection.
    private func makeRoom(for arrived: Int, among holder: Shares.Holder?) -> Bool {
        let longest = self.state.withLock { state -> Connection? in
            let longest = Self.longestWaiting(among: holder, in: state)
            guard let longest, longest.since < arrived else { return nil }
            return Self.remove(longest.id, from: &state)
        }
        guard let longest else { return false }
        self.shares.free(for: longest.holders)
        longest.channel.close(promise: nil)
        return true
    }

    private static func longestWaiting(among holder: Shares.Holder?, in state: State) -> (id: Int, since: Int)? {
        guard let holder else { return state.waiting.longest }
        return state.waitingOfHolder[holder.name]?.longest
    }

    /// The connection waits for its next request.
    func waits(_ id: Int) {
        self.state.withLock { Self.wait(id, since: $0.next(), in: &$0) }
    }

    private static func wait(_ id: Int, since: Int, in state: inout State) {
        guard let connection = state.connections[id] else { return }
        state.waiting.join(id, since: since)
        guard let name = connection.holder?.name else { return }
        state.waitingOfHolder[name, default: WaitingLine()].join(id, since: since)
    }

    /// The connection has a request, and is not closed.
    func works(_ id: Int) {
        self.state.withLock { state in
            guard let connection = state.connections[id] else { return }
            Self.waitNoMore(id, connection, in: &state)
        }
    }

    private static func waitNoMore(_ id: Int, _ connection: Connection, in state: inout State) {
        state.waiting.remove(id)
        guard let name = connection.holder?.name else { return }
        state.waitingOfHolder[name]?.remove(id)
        if state.waitingOfHolder[name]?.isEmpty == true { state.waitingOfHolder[name] = nil }
    }

    private static func remove(_ id: Int, from state: inout State) -> Connection? {
        guard let connection = state.connections.removeValue(forKey: id) else { return nil }
        Self.waitNoMore(id, connection, in: &state)
        return connection
    }

    /// The connection and all work for it have ended.
    func closed(_ id: Int) {
        guard let connection = self.state.withLock({ Self.remove(id, from: &$0) }) else { return }
        self.shares.free(for: connection.holders)
        self.record()
    }

    private func record() {
        Gauge(label: "unstick_http_connections").record(self.count)
    }

    /// Logs that connections are refused, at most once a minute.
    private func notice(_ refusal: Refusal, _ address: IPAddress?) {
        let now = ContinuousClock.now
        let isDue = self.state.withLock { state in
            guard state.noticed.map({ now - $0 >= .seconds(60) }) ?? true else { return false }
            state.noticed = now
            return true
        }
        guard isDue else { return }
        self.logger.notice(
            "Connections are refused",
            metadata: [
                "reason": "\(refusal.rawValue)", "address": "\(address?.canonical.description ?? "unknown")",
                "most": .stringConvertible(
                    refusal == .tooMany ? self.limits.connections : self.limits.connectionsEach
                ),
            ]
        )
    }
}
