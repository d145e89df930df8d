/// The host of a destination's URL.
package enum DestinationHost: Hashable, Sendable {
    /// A name to resolve: lower-case, without a dot at the end.
    case name(String)
    /// An address in the URL.
    case address(IPAddress)

    /// Reads the host of a URL.
    package init(_ text: some StringProtocol) throws(RefusedDestination) {
        if text.first == "[" {
            self = .address(try Self.ipv6(text))
        } else {
            self = try Self.nameOrIPv4(text.lowercased())
        }
    }

    private static func ipv6(_ text: some StringProtocol) throws(RefusedDestination) -> IPAddress {
        let inside = String(text.dropFirst().dropLast())
        guard text.last == "]", let address = IPAddress(inside), address.family == .ipv6 else {
            throw RefusedDestination("the part in brackets is not an IPv6 address; write one, without a zone")
        }
        return address.canonical
    }

    private static func nameOrIPv4(_ text: String) throws(RefusedDestination) -> DestinationHost {
        // A dot at the end makes a name absolute; certificates and the Host header do not have it.
        let name = text.hasSuffix(".") ? String(text.dropLast()) : text
        if let address = IPAddress(name) { return .address(address) }
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        guard name.utf8.count <= 253, labels.allSatisfy({ 1...63 ~= $0.utf8.count }) else {
            throw RefusedDestination(
                "the URL has no host, or one with an empty or too long part; write https://, a host name and a path"
            )
        }
        guard name.utf8.allSatisfy(Self.isAllowed) else {
            throw RefusedDestination("the host name may have only letters, digits, hyphens, underscores and dots")
        }
        // The system would read such names as addresses, in octal, in hexadecimal or with parts left out.
        if let last = labels.last, last.hasPrefix("0x") || last.utf8.allSatisfy(Self.isDigit) {
            throw RefusedDestination("the host is neither a name nor an IPv4 address of four decimal numbers")
        }
        return .name(name)
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
        default: Self.isDigit(byte)
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }
}

extension DestinationHost: CustomStringConvertible {
    /// The host as in a URL and the Host header, with IPv6 in brackets.
    package var description: String {
        switch self {
        case .name(let name): name
        case .address(let address): address.family == .ipv6 ? "[\(address)]" : "\(address)"
        }
    }
}
