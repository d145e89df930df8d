import HTTPTestSupport
import Testing

@testable import UnstickHTTP

@Suite("CIDR blocks")
struct CIDRBlockTests {
    @Test(
        "are read and written in their usual text",
        arguments: [
            ("10.0.0.0/8", "10.0.0.0/8"), ("0.0.0.0/0", "0.0.0.0/0"), ("::/0", "::/0"), ("fd00::/8", "fd00::/8"),
            ("192.168.1.7", "192.168.1.7/32"), ("192.168.1.7/32", "192.168.1.7/32"), ("::1", "::1/128"),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"), ("::ffff:10.1.2.3", "10.1.2.3/32"), ("::ffff:0:0/96", "0.0.0.0/0"),
        ]
    )
    func text(_ text: String, _ description: String) throws {
        #expect(try network(text).description == description)
    }

    @Test(
        "are refused in any other form",
        arguments: [
            "", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/08", "10.0.0.0/8/8",
            "10/8", "10.1.2.3/8", "fd00::1/8", "fd00::/129", "10.0.0.0 /8", "10.0.0.0/ 8", "10.0.0.0/255.0.0.0",
            "::ffff:10.0.0.0/95", "localhost", "example.com/8", "10.0.0.0/8\n",
        ]
    )
    func strict(_ text: String) {
        #expect(CIDRBlock(text) == nil)
    }

    @Test(
        "contain their first and last address and none beyond",
        arguments: [
            ("10.0.0.0/8", ["10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3"], ["9.255.255.255", "11.0.0.0"]),
            ("10.1.2.3", ["10.1.2.3", "::ffff:10.1.2.3"], ["10.1.2.2", "10.1.2.4"]),
            ("172.16.0.0/12", ["172.16.0.0", "172.31.255.255"], ["172.15.255.255", "172.32.0.0", "::172.16.0.1"]),
            ("0.0.0.0/0", ["0.0.0.0", "255.255.255.255", "::ffff:1.2.3.4"], ["::", "::1.2.3.4"]),
            ("::/0", ["::", "ffff::", "::1.2.3.4"], ["1.2.3.4", "::ffff:1.2.3.4"]),
            ("fd00::/8", ["fd00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"], ["fcff::", "fe00::", "253.0.0.0"]),
            ("::ffff:10.0.0.0/104", ["10.0.0.1", "::ffff:10.0.0.1"], ["11.0.0.0", "::ffff:11.0.0.0"]),
            ("::1", ["::1"], ["::", "::2", "0.0.0.1"]),
        ]
    )
    func contains(_ text: String, _ inside: [String], _ outside: [String]) throws {
        let block = try network(text)
        for text in inside { #expect(try block.contains(address(text)), "\(text)") }
        for text in outside { #expect(try !block.contains(address(text)), "\(text)") }
    }
}
