import Logging
import Unstick

@testable import UnstickServer

/// Shared data of the tests of signed tokens.
enum JWTFixtures {
    /// The time of the tests.
    static let now = Timestamp(seconds: 1_800_000_000)
    /// The secret of the tests.
    static let secret = "0123456789abcdef0123456789abcdef"
    /// The issuer of the tests.
    static let issuer = "https://id.example.com"
    /// The place of the issuer's keys.
    static let jwks = "https://id.example.com/.well-known/jwks.json"

    /// Accepted claims with changes: each is a piece of JSON, or `nil` to leave a claim out.
    static func claims(_ changes: [String: String?] = [:]) -> String {
        let usual: [String: String?] = [
            "iss": #""https://id.example.com""#, "aud": #""unstick""#, "sub": #""user-1""#,
            "email": #""ann@example.com""#,
            "role": #""admin""#, "iat": "1799999900", "exp": "1800000600",
        ]
        let members = usual.merging(changes) { $1 }.compactMapValues { $0 }.sorted { $0.key < $1.key }
        return "{\(members.map { "\"\($0)\":\($1)" }.joined(separator: ","))}"
    }

    /// A key set of some keys.
    static func keySet(_ keys: String...) -> [UInt8] {
        Array(#"{"keys":[\#(keys.joined(separator: ","))]}"#.utf8)
    }

    /// Settings with the secret.
    static func secretSettings(role: String? = nil) throws -> JWTSettings {
        try JWTSettings(issuer: Self.issuer, audience: "unstick", secret: Self.secret, role: role)
    }

    /// Settings with the keys of the issuer.
    static func keySettings(authorizedParties: String? = nil, algorithms: String? = nil) throws -> JWTSettings {
        try JWTSettings(
            issuer: Self.issuer,
            audience: "unstick",
            authorizedParties: authorizedParties,
            algorithms: algorithms,
            jwks: Self.jwks
        )
    }

    /// An authenticator at the time of the tests, with the keys of some signers where its settings need keys.
    static func authenticator(
        _ settings: JWTSettings? = nil,
        keys: [TokenSigner] = [],
        at now: Timestamp = now,
        logger: Logger = Logger(label: "test")
    ) throws -> JWTAuthenticator {
        let document = Array(#"{"keys":[\#(keys.map { $0.jwk() }.joined(separator: ","))]}"#.utf8)
        return JWTAuthenticator(
            settings: try settings ?? Self.keySettings(),
            fetch: { _ in document },
            now: { now },
            logger: logger
        )
    }

    /// An RSA key of 2048 bits, made for these tests.
    static let rsaKey = """
        -----BEGIN PRIVATE KEY-----
        MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCJ3+3w4IRBvHUK
        AIs90h+s0PqQzEjb8IYyplslEgDk2FBBEpUeM7xntC3oPptKP5L9CcZywezaCW7a
        Fjt7zqI1IYD2puAGR1Obm6tIEUX1LtD1p7fvsYvYDR6UAwMNqTNBR7SQrJzS7zph
        iElBP1l3QvBpl6qAcd3zZKZpHMh3nvuzsCsqaJGm6nX9FK5yj9pEoymph30QT/C9
        JrE4G8F4LJhFnhX93XJ45+VFAO29NQo72RiDE7QCe+FbBiliddVk8F5Fm7cT7iH0
        ThnhxSOk3BjzcxN4w0SHarB44NYRLKNUpQDU3dCvkK0KzPrfUGOfGtGOkKduvn7M
        IH08StXJAgMBAAECggEAFDgDSgN2ybgUFs0pHj4B+KMl15Wpqp1NZMCaFafb+zNQ
        o5ZQyV7PZorY/5msxrjnepWUJVCUhg4DlFZVz0xoY6+/3IvwxuLvWx67QcSMtI2y
        xY+crPklt5+G6DA/4qE5O73C+ENj9RfxgQuOKJQcb92gaW+9KHxqTs7oC3qV2FrA
        VrnK5OprWF40rrXw7cyRUGf5BQDnOHqhsaEeWciXdME/gvYDJ04LFG7T5Og36tCH
        srIqYDh7r4ZJ6ZFkrumoiV7b49Kzmn+1I3Ihx6Ex92Ww5pDQUwMXZai4DolvlB9u
        MHmnFnwFAGEiMXaH5IS/H0t69McI8TAhxWtiXeAafQKBgQC88SSoUjIItFTQuFHH
        4bpi+BFu3RcIIFZcHNVvcrrJ26hz16Bfw8rTS3Z5hk4iGV571/5gl3W/oj5BIXKh
        7MIrUyYvQpqh72QzY8UuvqOel6J0IGp0GzYQKxGL8N6Loh7RcsoSowbnk0IUSs3z
        kXO/ublSd9g3+nsLwWmQOjzCZQKBgQC6zu13AySstpVuX07tQi6YtYR1uSZM7pf/
        of5uIW/uRcmwzo/x7MRz0DkmBEi+3eNJzQN6QKHaTFtk6/tQGatJ1G9CLcK1LZ0Z
        oCgkD1IJQtqwW6Da4HQznWmJ4K0wjELTVG5dGaTLMzlzpiHtN/1EP6nm6Ytrf9Jn
        WoOupqNdlQKBgD8m1prQBls0cxjkUqldgF/uDF2i1jzoGhVlqc07asVnfvFhRABe
        P9/J3EqYImtxUUxRkHuWhEvOHcLFPDx1Fx1GCIBJYcf4bORkV5bdL3Elu63W2938
        7mAPFSlSFABV6rkVBgeeqAMlDDQeIKJlnmuZ1yCCYCmttgzi07baUE6lAoGAIWJZ
        jatCIpt+mPrvX/cz3JaT1XYBIj6Ba23HymavWiWepbpEfzeQ5CGSFPkvBu0gcU/y
        Dyb9xcVfj+mcP/RWaBtOxsTmxvof2TSF9+vE/WK1Mk8tr+/s1EyNT9aXHNX0G1A7
        aOfsS2QcIE7QQVSALnIyKtIR2GQ/dbj3T374MwECgYEAlKjz8z5fWYEE9L4/tMnF
        bjQW4M+l0Gw2Qjxgt2LENjXMWssp03rDdaZHGMHnM5A1YDMKNnKaHDhNPHbWBaYF
        tW7pt176MeZMqZBgMyDkuEymVEIAy08OkRBSDqINLqrKU1yRpBHcB3CNadQSw0Oh
        TmAMj6mdK24jJOD3/xLPWnY=
        -----END PRIVATE KEY-----
        """
}

extension Principal {
    /// The name and the role.
    var summary: String { "\(self.name): \(self.role)" }
}
