import HTTPTestSupport
import Testing

@testable import UnstickHTTP

@Suite("Public addresses")
struct PublicAddressTests {
    /// A range with its first and last address, and the public ones before and after it.
    struct Range: Sendable, CustomTestStringConvertible {
        let block: String
        let first: String
        let last: String
        let before: String?
        let behind: String?

        var testDescription: String { self.block }

        init(_ block: String, _ first: String, _ last: String, _ before: String?, _ behind: String?) {
            self.block = block
            self.first = first
            self.last = last
            self.before = before
            self.behind = behind
        }
    }

    static let ipv4 = [
        Range("0.0.0.0/8", "0.0.0.0", "0.255.255.255", nil, "1.0.0.0"),
        Range("10.0.0.0/8", "10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"),
        Range("100.64.0.0/10", "100.64.0.0", "100.127.255.255", "100.63.255.255", "100.128.0.0"),
        Range("127.0.0.0/8", "127.0.0.0", "127.255.255.255", "126.255.255.255", "128.0.0.0"),
        Range("169.254.0.0/16", "169.254.0.0", "169.254.255.255", "169.253.255.255", "169.255.0.0"),
        Range("172.16.0.0/12", "172.16.0.0", "172.31.255.255", "172.15.255.255", "172.32.0.0"),
        Range("192.0.0.0/24", "192.0.0.0", "192.0.0.255", "191.255.255.255", "192.0.1.0"),
        Range("192.0.2.0/24", "192.0.2.0", "192.0.2.255", "192.0.1.255", "192.0.3.0"),
        Range("192.31.196.0/24", "192.31.196.0", "192.31.196.255", "192.31.195.255", "192.31.197.0"),
        Range("192.52.193.0/24", "192.52.193.0", "192.52.193.255", "192.52.192.255", "192.52.194.0"),
        Range("192.88.99.0/24", "192.88.99.0", "192.88.99.255", "192.88.98.255", "192.88.100.0"),
        Range("192.168.0.0/16", "192.168.0.0", "192.168.255.255", "192.167.255.255", "192.169.0.0"),
        Range("192.175.48.0/24", "192.175.48.0", "192.175.48.255", "192.175.47.255", "192.175.49.0"),
        Range("198.18.0.0/15", "198.18.0.0", "198.19.255.255", "198.17.255.255", "198.20.0.0"),
        Range("198.51.100.0/24", "198.51.100.0", "198.51.100.255", "198.51.99.255", "198.51.101.0"),
        Range("203.0.113.0/24", "203.0.113.0", "203.0.113.255", "203.0.112.255", "203.0.114.0"),
        Range("224.0.0.0/4", "224.0.0.0", "239.255.255.255", "223.255.255.255", nil),
        Range("255.255.255.255/32", "255.255.255.255", "255.255.255.255", nil, nil),
        Range("240.0.0.0/4", "240.0.0.0", "255.255.255.254", nil, nil),
    ]

    static let ipv6 = [
        Range("::/128", "::", "::", nil, nil),
        Range("::1/128", "::1", "::1", nil, nil),
        Range("::/96", "::2", "::255.255.255.255", nil, nil),
        Range("64:ff9b:1::/48", "64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", nil, nil),
        Range("100::/64", "100::", "100::ffff:ffff:ffff:ffff", nil, nil),
        Range("2001::/23", "2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2000:ffff:ffff:ffff::", "2001:200::"),
        Range("2001:db8::/32", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db7:ffff::", "2001:db9::"),
        Range("2002::/16", "2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:ffff:ffff::", "2003::"),
        Range("2620:4f:8000::/48", "2620:4f:8000::", "2620:4f:8000:ffff::", "2620:4f:7fff:ffff::", "2620:4f:8001::"),
        Range("3fff::/20", "3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "3ffe:ffff:ffff::", "3fff:1000::"),
        Range("5f00::/16", "5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", nil, nil),
        Range("fc00::/7", "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", nil, nil),
        Range("fe80::/10", "fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", nil, nil),
        Range("fec0::/10", "fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", nil, nil),
        Range("ff00::/8", "ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", nil, nil),
    ]

    @Test("exclude each special range, up to its limits", arguments: Self.ipv4 + Self.ipv6)
    func bounds(_ range: Range) throws {
        let purpose = (SpecialRange.ipv4 + SpecialRange.ipv6).first { "\($0.block)" == range.block }?.purpose
        for text in [range.first, range.last] {
            #expect(try network(range.block).contains(address(text)))
            #expect(try address(text).specialPurpose == purpose)
            #expect(try !address(text).isPublic)
        }
        for text in [range.before, range.behind].compactMap(\.self) {
            #expect(try address(text).isPublic, "\(text)")
        }
    }

    @Test("have no range that these tests do not list")
    func complete() {
        #expect(SpecialRange.ipv4.map { "\($0.block)" } == Self.ipv4.map(\.block))
        #expect(SpecialRange.ipv6.map { "\($0.block)" } == Self.ipv6.map(\.block))
    }

    @Test("count as their IPv4 address when mapped to IPv6 or translated by NAT64", arguments: Self.ipv4)
    func embedded(_ range: Range) throws {
        for prefix in ["::ffff:", "64:ff9b::"] {
            for text in [range.first, range.last] {
                #expect(try !address(prefix + text).isPublic, "\(prefix + text)")
            }
            for text in [range.before, range.behind].compactMap(\.self) {
                #expect(try address(prefix + text).isPublic, "\(prefix + text)")
            }
        }
    }

    @Test("never include addresses that only embed a public IPv4 address")
    func wrapped() throws {
        let prefixes = [
            "::", "::ffff:0:", "64:ff9b:1::", "64:ff9b:0:0:0:1:", "2001:0:4136:e378:8000:63bf:", "fe80::5efe:",
        ]
        for prefix in prefixes {
            #expect(try !address(prefix + "8.8.8.8").isPublic, "\(prefix)")
        }
        #expect(try !address("2002:808:808::1").isPublic)
    }

    @Test(
        "of IPv6 are only global unicast",
        arguments: [
            ("1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false), ("2000::", true), ("2606:4700:4700::1111", true),
            ("2a00:1450:4001:82a::200e", true), ("3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true), ("4000::", false),
            ("8000::", false), ("f000::", false), ("64:ff9a::8.8.8.8", false), ("100:0:0:1::", false),
        ]
    )
    func globalUnicast(_ text: String, _ isPublic: Bool) throws {
        #expect(try address(text).isPublic == isPublic)
    }
}
