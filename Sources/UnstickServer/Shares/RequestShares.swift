import Synchronization

/// The limits of the concurrent requests of one caller, and of all.
package final class RequestShares: Sendable {
    /// The most concurrent requests of one address.
    ///
    /// The number of connections limits those of all.
    static let requestsEach = 500
    /// The most bytes of bodies in memory, in all and of one address.
    static let bodyBytes = 128 << 20
    static let bodyBytesEach = 32 << 20

    let requests = Shares(most: .max)
    let bodies = Shares(most: RequestShares.bodyBytes)

    package init() {}

    /// The share of a request, which ends with it.
    ///
    /// - Parameter isCounted: whether it counts among the requests of its caller.
    /// - Throws: a problem where the caller has too many requests already.
    func share(for call: Call, isCounted: Bool) throws -> RequestShare {
        let share = RequestShare(of: self, for: call.client.group)
        if isCounted { try share.begin() }
        return share
    }
}

/// The share of one request.
package final class RequestShare: Sendable {
    private struct Taken {
        var isWorking = false
        var bytes = 0
    }

    private let shares: RequestShares
    private let caller: String
    private let taken = Mutex(Taken())

    init(of shares: RequestShares, for caller: String) {
        self.shares = shares
        self.caller = caller
    }

    private var worker: [Shares.Holder] { [Shares.Holder(self.caller, most: RequestShares.requestsEach)] }
    private var sender: [Shares.Holder] { [Shares.Holder(self.caller, most: RequestShares.bodyBytesEach)] }

    /// - Throws: a problem where the caller has too many requests already.
    func begin() throws {
        do {
            try self.shares.requests.take(for: self.worker)
        } catch {
            throw Problem.tooMany("requests", error)
        }
        self.taken.withLock { $0.isWorking = true }
    }

    /// Takes room for a part of the body.
    ///
    /// - Throws: a problem where bodies take too much already.
    func take(bytes: Int) throws {
        do {
            try self.shares.bodies.take(bytes, for: self.sender)
        } catch {
            throw Problem.tooMany("large requests", error)
        }
        self.taken.withLock { $0.bytes += bytes }
    }

    func end() {
        let taken = self.taken.withLock { taken in
            defer { taken = Taken() }
            return taken
        }
        if taken.isWorking { self.shares.requests.free(for: self.worker) }
        if taken.bytes > 0 { self.shares.bodies.free(taken.bytes, for: self.sender) }
    }
}
