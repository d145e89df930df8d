/// What the requests of one caller, and those of all, take at once.
package final class RequestShares: Sendable {
    /// How many requests of one address are worked on at once.
    ///
    /// Connections bound those of all.
    static let requestsEach = 500
    /// How many bytes of bodies are held, in all and of one address.
    static let bodyBytes = 128 << 20
    static let bodyBytesEach = 32 << 20

    let requests = Shares(most: .max)
    let bodies = Shares(most: RequestShares.bodyBytes)

    package init() {}

    /// The share of a request, to be ended with it.
    ///
    /// - Parameter isCounted: whether it counts among the requests of its caller.
    /// - Throws: a problem where the caller has too many requests already.
    func share(for call: Call, isCounted: Bool) throws -> RequestShare {
        let share = RequestShare(of: self, for: call.client.group)
        if isCounted { try share.begin() }
        return share
    }
}
