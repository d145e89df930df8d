import UnstickHTTP

/// The origin of a request.
package struct Client: Hashable, Sendable {
    /// The address of the caller; `nil` where it is unknown.
    package var address: String?
    /// The requested host and port.
    package var host: String?
    /// The prefix of every path that the caller sees; empty, or with a slash in front and none at the end.
    package var prefix = ""

    package init(address: String? = nil, host: String? = nil, prefix: String = "") {
        self.address = address
        self.host = host
        self.prefix = prefix
    }
}

extension Client {
    /// The callers that share a limit: an address, or for IPv6 its network of 64 bits, which belongs to one caller.
    package var group: String { self.address.map { Self.group(of: $0) } ?? "unknown" }

    /// The group of an address in its usual text.
    static func group(of address: String) -> String { IPAddress(address)?.group ?? address }
}

extension IPAddress {
    /// The address, or for IPv6 its network of 64 bits.
    var group: String {
        let address = self.canonical
        guard address.family == .ipv6 else { return address.description }
        return "\(IPAddress(ipv6: address.bits & (UInt128.max << 64)))/64"
    }
}
