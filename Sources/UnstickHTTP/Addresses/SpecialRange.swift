extension IPAddress {
    /// Whether it is an ordinary address of the public internet.
    package var isPublic: Bool { self.specialPurpose == nil }

    /// The purpose of a special address, to follow "it is"; `nil` when it is public.
    ///
    /// An IPv4-mapped or NAT64 address has the purpose of its IPv4 address, because packets go there.
    package var specialPurpose: String? {
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

/// A range that the IANA registries reserve for special purposes.
package struct SpecialRange: Sendable {
    /// Its addresses.
    package let block: CIDRBlock
    /// Its purpose, to follow "it is".
    package let purpose: String

    private init(_ block: String, _ purpose: String) {
        guard let block = CIDRBlock(block) else {
            preconditionFailure("\(block) in the table of ranges is not a network")
        }
        self.block = block
        self.purpose = purpose
    }

    /// Every special range of IPv4.
    package static let ipv4 = [
        SpecialRange("0.0.0.0/8", "an address of this very network"),
        SpecialRange("10.0.0.0/8", "private"),
        SpecialRange("100.64.0.0/10", "shared by the customers of a carrier"),
        SpecialRange("127.0.0.0/8", "loopback"),
        SpecialRange("169.254.0.0/16", "link-local, as cloud metadata services are"),
        SpecialRange("172.16.0.0/12", "private"),
        SpecialRange("192.0.0.0/24", "for protocols"),
        SpecialRange("192.0.2.0/24", "for documentation"),
        SpecialRange("192.31.196.0/24", "for AS112"),
        SpecialRange("192.52.193.0/24", "for AMT"),
        SpecialRange("192.88.99.0/24", "a 6to4 relay"),
        SpecialRange("192.168.0.0/16", "private"),
        SpecialRange("192.175.48.0/24", "for AS112"),
        SpecialRange("198.18.0.0/15", "for benchmarks"),
        SpecialRange("198.51.100.0/24", "for documentation"),
        SpecialRange("203.0.113.0/24", "for documentation"),
        SpecialRange("224.0.0.0/4", "multicast"),
        SpecialRange("255.255.255.255/32", "broadcast"),
        SpecialRange("240.0.0.0/4", "reserved"),
    ]

    /// Every special range of IPv6, without IPv4-mapped and NAT64 addresses, which use their IPv4 address.
    ///
    /// Those outside ``globalUnicast`` are listed only for their purpose.
    package static let ipv6 = [
        SpecialRange("::/128", "unspecified"),
        SpecialRange("::1/128", "loopback"),
        SpecialRange("::/96", "IPv4-compatible"),
        SpecialRange("64:ff9b:1::/48", "for local translation"),
        SpecialRange("100::/64", "discard-only"),
        SpecialRange("2001::/23", "for protocols, as Teredo and ORCHID are"),
        SpecialRange("2001:db8::/32", "for documentation"),
        SpecialRange("2002::/16", "6to4"),
        SpecialRange("2620:4f:8000::/48", "for AS112"),
        SpecialRange("3fff::/20", "for documentation"),
        SpecialRange("5f00::/16", "for segment routing"),
        SpecialRange("fc00::/7", "private"),
        SpecialRange("fe80::/10", "link-local"),
        SpecialRange("fec0::/10", "site-local"),
        SpecialRange("ff00::/8", "multicast"),
    ]

    /// The only range of IPv6 for public use.
    package static let globalUnicast = SpecialRange("2000::/3", "global unicast")
}
