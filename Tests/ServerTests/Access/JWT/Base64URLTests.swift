import Testing

@testable import UnstickServer

@Suite("Base64url of tokens and keys")
struct Base64URLTests {
    @Test("reads the examples of RFC 4648 and RFC 7515")
    func examples() {
        for (text, bytes) in [
            ("", ""), ("Zg", "f"), ("Zm8", "fo"), ("Zm9v", "foo"), ("Zm9vYg", "foob"), ("Zm9vYmE", "fooba"),
            ("Zm9vYmFy", "foobar"),
        ] {
            #expect(Base64URL.decode(text.utf8) == Array(bytes.utf8))
        }
        #expect(Base64URL.decode("A-z_4ME".utf8) == [3, 236, 255, 224, 193])
    }

    @Test("reads back any written bytes")
    func roundTrip() {
        for count in 0..<100 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 151 &+ count) }
            #expect(Base64URL.decode(bytes.base64URL.utf8) == bytes)
        }
    }

    @Test(
        "refuses padding, other alphabets, white space, impossible lengths, and extra bits",
        arguments: [
            "Zg==", "Zm8=", "A+z/4ME", "Zm9v\n", " Zm9v", "Zm 9v", "Z", "A", "Zm9vA", "Zm9vY", "Zh", "Zm9", "Zm9vYh",
            "Zä", "Zm9v.",
        ]
    )
    func strict(_ text: String) {
        #expect(Base64URL.decode(text.utf8) == nil)
    }
}
