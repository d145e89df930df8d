import NIOSSL

/// A self-signed certificate for `receiver.test` and 127.0.0.1 that no system trusts, made for these tests.
enum ReceiverCertificate {
    /// The TLS context of a receiver.
    static func serverContext() throws -> NIOSSLContext {
        let key = try NIOSSLPrivateKey(bytes: Array(Self.key.utf8), format: .pem)
        return try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: [.certificate(Self.certificate())],
                privateKey: .privateKey(key)
            )
        )
    }

    /// The trust roots of a client that accepts it.
    static func trustRoots() throws -> NIOSSLTrustRoots { .certificates([try Self.certificate()]) }

    private static func certificate() throws -> NIOSSLCertificate {
        try NIOSSLCertificate(bytes: Array(Self.pem.utf8), format: .pem)
    }

    private static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgESd/taZo1XELrTNU
        7mNJqtPv4xO0tkGokMSkW7Sz1RqhRANCAASJv5k7OW2V5ygBRS/y3L6OWG112qdG
        olDco+3KBiLETo/ZguR3FWUIjoU+6UAmLM8OELjuSm6nCvmyqcNSC7yH
        -----END PRIVATE KEY-----
        """

    private static let pem = """
        -----BEGIN CERTIFICATE-----
        MIIBpzCCAU2gAwIBAgIUIb6MFu30Du5tQoRGWnR8xgB9+UkwCgYIKoZIzj0EAwIw
        GDEWMBQGA1UEAwwNcmVjZWl2ZXIudGVzdDAgFw0yNjExMjQxOTQ2MDZaGA8yMTI2
        MTAzMTE5NDYwNlowGDEWMBQGA1UEAwwNcmVjZWl2ZXIudGVzdDBZMBMGByqGSM49
        AgEGCCqGSM49AwEHA0IABIm/mTs5bZXnKAFFL/Lcvo5YbXXap0aiUNyj7coGIsRO
        j9mC5HcVZQiOhT7pQCYszw4QuO5KbqcK+bKpw1ILvIejczBxMB0GA1UdDgQWBBR7
        PpQx9HBHd7MRhC7lDGf8j1U4ETAfBgNVHSMEGDAWgBR7PpQx9HBHd7MRhC7lDGf8
        j1U4ETAPBgNVHRMBAf8EBTADAQH/MB4GA1UdEQQXMBWCDXJlY2VpdmVyLnRlc3SH
        BH8AAAEwCgYIKoZIzj0EAwIDSAAwRQIgK74y2wubQaNpMTFnmCs8E1jcyvoirk/x
        XeWPjUK3QM8CIQCDu21IonIThsf44wnNyDZYFnri2PhZIHAcCRZ+NqREJQ==
        -----END CERTIFICATE-----
        """
}
