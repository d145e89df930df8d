import Unstick
import UnstickHTTP

/// The allowed receivers of webhooks: public addresses over https, and others that the operator allows.
public struct WebhookReceivers: Hashable, Sendable {
    let policy: DestinationPolicy

    /// Makes the rules; without arguments, only public addresses and https.
    ///
    /// - Parameters:
    ///   - allowsHTTP: whether `http` is allowed, where everyone on the network path can read the content.
    ///   - networks: networks that may be called although they are not public, as CIDR blocks such as `10.0.0.0/8`.
    /// - Throws: ``/Unstick/UnstickError`` `invalidArgument` for an invalid block.
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
    /// - Throws: ``/Unstick/UnstickError`` `invalidArgument` with the invalid setting.
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
