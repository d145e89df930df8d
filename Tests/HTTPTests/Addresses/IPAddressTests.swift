import HTTPTestSupport
import NIOCore
import Testing

@testable import UnstickHTTP

@Suite("IP addresses")
struct IPAddressTests {
    @Test(
        "are read and written in their usual text",
        arguments: [
            ("0.0.0.0", "0.0.0.0"), ("1.2.3.4", "1.2.3.4"), ("255.255.255.255", "255.255.255.255"),
            ("::", "::"), ("::1", "::1"), ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"), ("::ffff:1.2.3.4", "::ffff:1.2.3.4"),
            ("64:ff9b::8.8.8.8", "64:ff9b::808:808"),
        ]
    )
    func text(_ text: String, _ description: String) throws {
        #expect(try address(text).description == description)
    }

    @Test(
        "are refused in any other form",
        arguments: [
            "", " ", "1", "127.1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "0177.0.0.1", "0x7f.0.0.1",
            "2130706433", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4\n", "1.2.3.4\0", "1.2.3.4\0.example.com", "::1\0",
            "+1.2.3.4", "1.2.3.4/32", "[::1]", "fe80::1%eth0", ":::", "1::2::3", "12345::", "::1.2.3", "localhost",
            "1。2。3。4", "١.2.3.4",
        ]
    )
    func strict(_ text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test("have the number of their bytes")
    func bits() throws {
        #expect(try address("1.2.3.4") == IPAddress(ipv4: 0x0102_0304))
        #expect(try address("1:2::f") == IPAddress(ipv6: 0x0001_0002_0000_0000_0000_0000_0000_000f))
        #expect(try address("1.2.3.4") != address("::1.2.3.4"))
    }

    @Test("are read from internet sockets only")
    func sockets() throws {
        for text in ["93.184.216.34", "2606:4700::1111", "::ffff:10.0.0.1"] {
            #expect(try IPAddress(SocketAddress(ipAddress: text, port: 443)) == address(text))
        }
        #expect(try IPAddress(SocketAddress(unixDomainSocketPath: "/run/docker.sock")) == nil)
    }

    @Test("that are IPv4-mapped equal the IPv4 address, and no others do")
    func canonical() throws {
        #expect(try address("::ffff:7f00:1").canonical == address("127.0.0.1"))
        for text in ["::127.0.0.1", "::fffe:127.0.0.1", "::1:ffff:127.0.0.1", "::ffff:0:127.0.0.1", "127.0.0.1"] {
            #expect(try address(text).canonical == address(text))
        }
    }
}
