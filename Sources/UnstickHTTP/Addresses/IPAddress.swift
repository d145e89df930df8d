package import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// An IP address.
package struct IPAddress: Hashable, Sendable {
    /// The versions of the protocol.
    package enum Family: Sendable {
        /// Addresses of 4 bytes.
        case ipv4
        /// Addresses of 16 bytes.
        case ipv6

        /// The number of bits.
        var bitWidth: Int { self == .ipv4 ? 32 : 128 }
    }

    /// The version of the protocol.
    package let family: Family
    /// The address as a number; for IPv4, the low 32 bits.
    package let bits: UInt128

    /// Makes the IPv4 address with this number.
    package init(ipv4: UInt32) {
        self.family = .ipv4
        self.bits = UInt128(ipv4)
    }

    /// Makes the IPv6 address with this number.
    package init(ipv6: UInt128) {
        self.family = .ipv6
        self.bits = ipv6
    }

    /// Reads an address from its strict text: four decimal numbers, or IPv6 without brackets and zone.
    package init?(_ text: String) {
        // C would stop at the zero, and ignore the rest.
        guard !text.utf8.contains(0) else { return nil }
        var ipv4: UInt32 = 0
        var ipv6: UInt128 = 0
        if inet_pton(AF_INET, text, &ipv4) == 1 {
            self.init(ipv4: UInt32(bigEndian: ipv4))
        } else if inet_pton(AF_INET6, text, &ipv6) == 1 {
            self.init(ipv6: UInt128(bigEndian: ipv6))
        } else {
            return nil
        }
    }

    /// Makes the address of a socket; `nil` if it is no internet socket.
    package init?(_ socket: SocketAddress) {
        guard let text = socket.ipAddress else { return nil }
        self.init(text)
    }
}

extension IPAddress {
    /// The address that packets use: for an IPv4-mapped IPv6 address the IPv4 one, otherwise itself.
    package var canonical: IPAddress {
        guard self.family == .ipv6, self.bits >> 32 == 0xffff else { return self }
        return self.lowIPv4
    }

    /// The IPv4 address that a NAT64 gateway makes from this one; `nil` outside `64:ff9b::/96`.
    package var translated: IPAddress? {
        guard self.family == .ipv6, self.bits >> 32 == 0x64_ff9b << 64 else { return nil }
        return self.lowIPv4
    }

    private var lowIPv4: IPAddress { IPAddress(ipv4: UInt32(truncatingIfNeeded: self.bits)) }
}

extension IPAddress: CustomStringConvertible {
    /// The address in its usual text.
    package var description: String {
        // Room for the longest of both families, and the zero at the end.
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { text in
            guard let start = text.baseAddress, self.write(to: start, text.count) else { return "?" }
            return String(cString: start)
        }
    }

    private func write(to text: UnsafeMutablePointer<CChar>, _ size: Int) -> Bool {
        let (family, bytes) =
            switch self.family {
            case .ipv4: (AF_INET, (self.bits << 96).bigEndian)
            case .ipv6: (AF_INET6, self.bits.bigEndian)
            }
        return withUnsafeBytes(of: bytes) { bytes in
            inet_ntop(family, bytes.baseAddress, text, socklen_t(size)) != nil
        }
    }
}
