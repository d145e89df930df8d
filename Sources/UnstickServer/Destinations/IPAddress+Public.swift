extension IPAddress {
    /// Whether it is an ordinary address of the public internet.
    var isPublic: Bool { self.specialPurpose == nil }

    /// What it is instead of public, to stand behind "it is"; `nil` when it is public.
    ///
    /// An IPv4-mapped address and one of NAT64 are what the IPv4 address in them is, for that is where packets go.
    var specialPurpose: String? {
        let address = (self.translated ?? self).canonical
        switch address.family {
        case .ipv4:
            return SpecialRange.ipv4.first { $0.block.contains(address) }?.purpose
        case .ipv6:
            if let range = SpecialRange.ipv6.first(where: { $0.block.contains(address) }) { return range.purpose }
            return SpecialRange.globalUnicast.block.contains(address) ? nil : "not global unicast"
        }
    }
}
