/// Where a request comes from, and by which way.
package struct Client: Hashable, Sendable {
    /// The address of the caller; `nil` where it is not known.
    package var address: String?
    /// The host and port that they asked for.
    package var host: String?
    /// What stands before every path as they see it; empty, or with a slash in front and none at the end.
    package var prefix = ""

    package init(address: String? = nil, host: String? = nil, prefix: String = "") {
        self.address = address
        self.host = host
        self.prefix = prefix
    }
}

extension Client {
    /// Who shares a bound: an address, of IPv6 the network of 64 bits that one caller has to itself.
    package var group: String { self.address.map { Self.group(of: $0) } ?? "unknown" }

    /// The group of an address in its usual text.
    static func group(of address: String) -> String { IPAddress(address)?.group ?? address }
}

extension IPAddress {
    /// The address, or of IPv6 its network of 64 bits.
    var group: String {
        let address = self.canonical
        guard address.family == .ipv6 else { return address.description }
        return "\(IPAddress(ipv6: address.bits & (UInt128.max << 64)))/64"
    }
}
