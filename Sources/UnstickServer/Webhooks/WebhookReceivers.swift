import Unstick

/// Where webhooks may go: to public addresses over https, and wherever the operator allows it.
public struct WebhookReceivers: Hashable, Sendable {
    let policy: DestinationPolicy

    /// Makes the rules; without arguments, only public addresses and https.
    ///
    /// - Parameters:
    ///   - allowsHTTP: whether `http` will do, where everybody on the way reads along.
    ///   - networks: networks that may be called though they are not public, as CIDR blocks such as `10.0.0.0/8`.
    /// - Throws: ``Unstick/UnstickError`` `invalidArgument` for what is no block.
    public init(allowsHTTP: Bool, networks: [String]) throws {
        self.policy = DestinationPolicy(
            allowsHTTP: allowsHTTP,
            allowedNetworks: try networks.map { text in
                guard let block = CIDRBlock(text) else {
                    throw UnstickError(
                        .invalidArgument,
                        "'\(text.cut(toBytes: 50))' in WEBHOOK_ALLOW_CIDRS is not a network; write 10.0.0.0/8 or fd00::/8."
                    )
                }
                return block
            }
        )
    }

    /// Reads the settings `WEBHOOK_ALLOW_HTTP` and `WEBHOOK_ALLOW_CIDRS`.
    ///
    /// - Parameters:
    ///   - allowsHTTP: `true` or `false`.
    ///   - networks: CIDR blocks with commas between them.
    /// - Throws: ``Unstick/UnstickError`` `invalidArgument`, saying which is wrong.
    public init(allowsHTTP: String, networks: String) throws {
        guard let allows = Bool(allowsHTTP.lowercased()) else {
            throw UnstickError(.invalidArgument, "WEBHOOK_ALLOW_HTTP must be true or false.")
        }
        let blocks = networks.split(whereSeparator: { $0 == "," || $0 == " " }).map(String.init)
        try self.init(allowsHTTP: allows, networks: blocks)
    }

    /// Only public addresses and https.
    public init() {
        self.policy = DestinationPolicy()
    }
}
