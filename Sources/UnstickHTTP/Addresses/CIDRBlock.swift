/// A network: the addresses with the same leading bits.
package struct CIDRBlock: Hashable, Sendable {
    /// The lowest address of the network.
    package let first: IPAddress
    /// The number of leading bits that all its addresses share.
    package let prefixLength: Int

    /// Reads a network such as `10.0.0.0/8` or `fd00::/8`, or a single address.
    ///
    /// An address with host bits, such as `10.1.2.3/8`, is refused, because it may mean the address or the network. A
    /// network of IPv4-mapped addresses is the IPv4 network.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = parts.first.flatMap({ IPAddress(String($0)) }) else { return nil }
        var length = address.family.bitWidth
        if parts.count == 2 {
            guard let written = Int(parts[1]), String(written) == parts[1], 0...length ~= written else { return nil }
            length = written
        }
        // In a mapped network, the IPv4 part follows 96 bits.
        self.first = address.canonical
        self.prefixLength = length - (address.family.bitWidth - self.first.family.bitWidth)
        guard self.prefixLength >= 0, self.first.bits == self.first.bits & self.mask else { return nil }
    }

    /// Whether an address is in the network; an IPv4-mapped IPv6 address counts as its IPv4 address.
    package func contains(_ address: IPAddress) -> Bool {
        let address = address.canonical
        return address.family == self.first.family && address.bits & self.mask == self.first.bits
    }

    private var mask: UInt128 { UInt128.max << UInt128(self.first.family.bitWidth - self.prefixLength) }
}

extension CIDRBlock: CustomStringConvertible {
    /// The network in its usual text.
    package var description: String { "\(self.first)/\(self.prefixLength)" }
}
