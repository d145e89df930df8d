/// Tells that a webhook's URL must not be called.
struct RefusedDestination: Error, Hashable, CustomStringConvertible {
    /// What is wrong and what to do.
    ///
    /// Whoever entered the URL may read it. It holds no address that a resolver answered, which would let strangers
    /// map the names of an internal network, and nothing of the URL but a host that was checked.
    let message: String
    /// The address that a host name resolved to and that is not allowed; for the operator's log.
    let address: IPAddress?

    /// Refuses for a reason.
    init(_ message: String, address: IPAddress? = nil) {
        self.message = message
        self.address = address
    }

    /// What is wrong and what to do.
    var description: String { self.message }
}
