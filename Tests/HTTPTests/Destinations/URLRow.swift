import Testing

/// A URL, and the expected result.
struct URLRow: Sendable, CustomTestStringConvertible {
    enum Outcome: Sendable {
        /// Accepted, with this address to connect to.
        case to(String)
        /// Refused, with these words in the message.
        case refused(String)
    }

    let url: String
    let outcome: Outcome

    var testDescription: String { "\(self.url.prefix(60).debugDescription)" }

    init(_ url: String, _ outcome: Outcome) {
        self.url = url
        self.outcome = outcome
    }

    /// The addresses of the names in the URLs.
    static let names = [
        "example.com": ["93.184.216.34"],
        "xn--bcher-kva.example": ["93.184.216.35"],
        "my_hooks.example.com": ["93.184.216.36"],
        "dual.example": ["2606:4700::1", "93.184.216.37", "93.184.216.38"],
        "six.example": ["2606:4700::2"],
        "mapped.example": ["::ffff:93.184.216.39"],
        "nat64.example": ["64:ff9b::8.8.8.8"],
        "123.example": ["93.184.216.40"],
        "0xcafe.example": ["93.184.216.41"],
        "a.b-c.d.example": ["93.184.216.42"],
        "localhost": ["::1", "127.0.0.1"],
        "inside.example": ["10.0.0.5"],
        "metadata.google.internal": ["169.254.169.254"],
        "mixed.example": ["93.184.216.34", "192.168.0.1"],
        "mixed6.example": ["93.184.216.34", "fd00::1"],
        "mappedinside.example": ["::ffff:10.0.0.5"],
        "nat64inside.example": ["64:ff9b::10.0.0.5"],
        "sixtofour.example": ["2002:808:808::1"],
        "teredo.example": ["2001:0:4136:e378:8000:63bf:3fff:fdd2"],
        "zero.example": ["0.0.0.0"],
    ]

    static let accepted = [
        URLRow("https://example.com", .to("93.184.216.34")),
        URLRow("https://example.com/", .to("93.184.216.34")),
        URLRow("HTTPS://EXAMPLE.com/Hook?a=b&c=%20", .to("93.184.216.34")),
        URLRow("https://example.com?q=https://10.0.0.1/", .to("93.184.216.34")),
        URLRow("https://example.com/a@b:c", .to("93.184.216.34")),
        URLRow("https://example.com/?user@host", .to("93.184.216.34")),
        URLRow("https://example.com/%0d%0aX-Evil:%201", .to("93.184.216.34")),
        URLRow("https://example.com.", .to("93.184.216.34")),
        URLRow("https://example.com:443/", .to("93.184.216.34")),
        URLRow("https://example.com:80/", .to("93.184.216.34")),
        URLRow("https://example.com:8443/", .to("93.184.216.34")),
        URLRow("https://example.com:1024/", .to("93.184.216.34")),
        URLRow("https://example.com:65535", .to("93.184.216.34")),
        URLRow("https://xn--bcher-kva.example/", .to("93.184.216.35")),
        URLRow("https://my_hooks.example.com/", .to("93.184.216.36")),
        URLRow("https://dual.example/", .to("93.184.216.37")),
        URLRow("https://six.example/", .to("2606:4700::2")),
        URLRow("https://mapped.example/", .to("93.184.216.39")),
        URLRow("https://nat64.example/", .to("64:ff9b::8.8.8.8")),
        URLRow("https://123.example/", .to("93.184.216.40")),
        URLRow("https://0xcafe.example/", .to("93.184.216.41")),
        URLRow("https://a.b-c.d.example/", .to("93.184.216.42")),
        URLRow("https://8.8.8.8/", .to("8.8.8.8")),
        URLRow("https://8.8.8.8:8443", .to("8.8.8.8")),
        URLRow("https://[2606:4700:4700::1111]/", .to("2606:4700:4700::1111")),
        URLRow("https://[2606:4700:4700::1111]:8443/", .to("2606:4700:4700::1111")),
        URLRow("https://[::ffff:8.8.8.8]/", .to("8.8.8.8")),
    ]

    static let malformed = [
        URLRow("", .refused("not absolute")),
        URLRow("example.com", .refused("not absolute")),
        URLRow("/hook", .refused("not absolute")),
        URLRow("//example.com/", .refused("not absolute")),
        URLRow("https:example.com", .refused("not absolute")),
        URLRow("https:/example.com", .refused("not absolute")),
        URLRow("javascript:alert(1)", .refused("not absolute")),
        URLRow("://example.com", .refused("scheme")),
        URLRow("http://example.com/", .refused("WEBHOOK_ALLOW_HTTP")),
        URLRow("HTTP://example.com/", .refused("WEBHOOK_ALLOW_HTTP")),
        URLRow("ftp://example.com/", .refused("scheme")),
        URLRow("file:///etc/passwd", .refused("scheme")),
        URLRow("gopher://example.com:6379/_FLUSHALL", .refused("scheme")),
        URLRow("x?https://example.com", .refused("scheme")),
        URLRow("https://", .refused("no host")),
        URLRow("https:///hook", .refused("no host")),
        URLRow("https://?q", .refused("no host")),
        URLRow("https://:443/", .refused("no host")),
        URLRow("https://./", .refused("no host")),
        URLRow("https://example..com/", .refused("empty or too long part")),
        URLRow("https://.example.com/", .refused("empty or too long part")),
        URLRow("https://example.com../", .refused("empty or too long part")),
        URLRow("https://\(String(repeating: "a", count: 64)).example/", .refused("empty or too long part")),
        URLRow("https://\(String(repeating: "a.", count: 130))example/", .refused("empty or too long part")),
        URLRow("https://example.com/\(String(repeating: "a", count: 2000))", .refused("2000 bytes")),
        URLRow("https://ada@example.com/", .refused("user name or password")),
        URLRow("https://ada:secret@example.com/", .refused("user name or password")),
        URLRow("https://example.com@127.0.0.1/", .refused("user name or password")),
        URLRow("https://example.com:443@127.0.0.1/", .refused("user name or password")),
        URLRow("https://@example.com/", .refused("user name or password")),
        URLRow("https://example.com/#part", .refused("fragment")),
        URLRow("https://example.com#@127.0.0.1/", .refused("fragment")),
        URLRow("https://exa%6dple.com/", .refused("only letters")),
        URLRow("https://127.0.0.1%2f.example.com/", .refused("only letters")),
        URLRow("https://*.example.com/", .refused("only letters")),
        URLRow("https://a,example.com/", .refused("only letters")),
        URLRow("https://example.com;127.0.0.1/", .refused("only letters")),
        URLRow("https://bücher.example/", .refused("punycode")),
        URLRow("https://еxample.com/", .refused("punycode")),
        URLRow("https://127。0。0。1/", .refused("punycode")),
        URLRow("https://①②⑦.0.0.1/", .refused("punycode")),
        URLRow("https://exam\u{ad}ple.com/", .refused("punycode")),
        URLRow("https:/\u{301}/example.com/", .refused("punycode")),
        URLRow("https://example.com/caf\u{e9}", .refused("percent-encode")),
        URLRow("https://example.com/\r\nX-Evil: 1", .refused("control characters")),
        URLRow("https://example.com\r\n/", .refused("control characters")),
        URLRow("https://example.com/\n", .refused("control characters")),
        URLRow("https://example.com/\t", .refused("control characters")),
        URLRow("https://example.com/a b", .refused("white space")),
        URLRow(" https://example.com/", .refused("white space")),
        URLRow("https://127.0.0.1\0.example.com/", .refused("control characters")),
        URLRow("https://example.com/\u{7f}", .refused("control characters")),
        URLRow("https://example.com\\@127.0.0.1/", .refused("backslashes")),
        URLRow("https:\\\\example.com/", .refused("backslashes")),
    ]

    static let ports = [
        "0", "1", "21", "22", "25", "79", "81", "442", "444", "1023", "65536", "99999", "99999999999999999999", "-1",
        "+443", "0443", "0x1bb", "443a", "", "4%2043",
    ].map { URLRow("https://example.com:\($0)/", .refused("port is not allowed")) }

    static let addresses = [
        URLRow("https://127.0.0.1/", .refused("loopback")),
        URLRow("https://127.0.0.1./", .refused("loopback")),
        URLRow("https://127.0.0.1:8080/", .refused("WEBHOOK_ALLOW_CIDRS")),
        URLRow("https://0.0.0.0/", .refused("this very network")),
        URLRow("https://10.0.0.5/", .refused("private")),
        URLRow("https://169.254.169.254/latest/meta-data/", .refused("metadata")),
        URLRow("https://[::1]/", .refused("loopback")),
        URLRow("https://[::]/", .refused("unspecified")),
        URLRow("https://[0:0:0:0:0:0:0:1]/", .refused("loopback")),
        URLRow("https://[::ffff:127.0.0.1]/", .refused("loopback")),
        URLRow("https://[::ffff:7f00:1]/", .refused("loopback")),
        URLRow("https://[::127.0.0.1]/", .refused("IPv4-compatible")),
        URLRow("https://[64:ff9b::127.0.0.1]/", .refused("loopback")),
        URLRow("https://[64:ff9b:1::8.8.8.8]/", .refused("local translation")),
        URLRow("https://[2002:7f00:1::]/", .refused("6to4")),
        URLRow("https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/", .refused("Teredo")),
        URLRow("https://[fd00:ec2::254]/", .refused("private")),
        URLRow("https://[fe80::1]/", .refused("link-local")),
        URLRow("https://[fe80::1%25eth0]/", .refused("without a zone")),
        URLRow("https://[2606:4700::1", .refused("many colons")),
        URLRow("https://[]/", .refused("not an IPv6 address")),
        URLRow("https://[8.8.8.8]/", .refused("not an IPv6 address")),
        URLRow("https://[example.com]/", .refused("not an IPv6 address")),
        URLRow("https://[v1.a]/", .refused("not an IPv6 address")),
        URLRow("https://[2606:4700::1]x/", .refused("not an IPv6 address")),
        URLRow("https://[2606:4700::1].example.com/", .refused("not an IPv6 address")),
        URLRow("https://2606:4700::1/", .refused("in brackets")),
        URLRow("https://example.com:80:80/", .refused("many colons")),
    ]

    static let oddNumbers = [
        "2130706433", "0x7f000001", "0X7F000001", "017700000001", "0x7f.1", "0177.0.0.1", "127.1", "127.0.1",
        "127.0.0.0x1", "127.0.0.01", "127.0.0.1.1", "1.2.3.256", "256.1", "0", "0x", "0x.", "127.1.", "example.0x7f",
        "example.1", "8.8.8.08",
    ].map { URLRow("https://\($0)/", .refused("four decimal numbers")) }

    static let resolved = [
        URLRow("https://localhost/", .refused("not public")),
        URLRow("https://LocalHost/", .refused("not public")),
        URLRow("https://localhost./", .refused("not public")),
        URLRow("https://inside.example/", .refused("WEBHOOK_ALLOW_CIDRS")),
        URLRow("https://metadata.google.internal/", .refused("not public")),
        URLRow("https://mixed.example/", .refused("not public")),
        URLRow("https://mixed6.example/", .refused("not public")),
        URLRow("https://mappedinside.example/", .refused("not public")),
        URLRow("https://nat64inside.example/", .refused("not public")),
        URLRow("https://sixtofour.example/", .refused("not public")),
        URLRow("https://teredo.example/", .refused("not public")),
        URLRow("https://zero.example/", .refused("not public")),
        URLRow("https://nowhere.example/", .refused("no address")),
    ]

    static let all =
        Self.accepted + Self.malformed + Self.ports + Self.addresses + Self.oddNumbers + Self.resolved
}
