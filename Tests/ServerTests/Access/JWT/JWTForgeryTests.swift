import JWTKit
import TestSupport
import Testing
import Unstick

@testable import UnstickServer

@Suite("Forged tokens")
struct JWTForgeryTests {
    @Test("signed with a public key as if it were a secret are refused")
    func publicKeyAsSecret() async throws {
        let rsa = try await TokenSigner.rs256()
        let pem = try JWTKit.Insecure.RSA.PrivateKey(pem: JWTFixtures.rsaKey).publicKey.pemRepresentation
        let modulus = rsa.publicKey.split(separator: "\"").first { $0.count > 300 }.map(String.init) ?? ""
        let authenticator = try JWTFixtures.authenticator(keys: [rsa])
        for secret in [pem, pem + "\n", modulus, rsa.jwk()] {
            let forger = try await TokenSigner.hs256(secret)
            for header in [#"{"alg":"HS256","kid":"rsa-1"}"#, #"{"alg":"RS256","kid":"rsa-1"}"#, #"{"alg":"HS256"}"#] {
                let accepted = try await authenticator.authenticate(bearer: forger.token(header: header))
                #expect(accepted == nil)
            }
        }
        #expect(modulus.count == 342)
        #expect(try await authenticator.authenticate(bearer: rsa.token()) != nil)
    }

    @Test("without a signature, whatever their algorithm claims, are refused")
    func none() async throws {
        let rsa = try await TokenSigner.rs256()
        for authenticator in [
            try JWTFixtures.authenticator(keys: [rsa]), try JWTFixtures.authenticator(JWTFixtures.secretSettings()),
        ] {
            for name in ["none", "None", "NONE", "nOnE", "", "null", "HS256", "RS256", "ES256", "EdDSA"] {
                let unsigned = #"{"alg":"\#(name)","typ":"JWT"}"#.base64URL + "." + JWTFixtures.claims().base64URL
                for signature in ["", "AA", String(repeating: "A", count: 86), String(repeating: "A", count: 342)] {
                    let accepted = try await authenticator.authenticate(bearer: "\(unsigned).\(signature)")
                    #expect(accepted == nil, "\(name)")
                }
            }
        }
    }

    @Test("that name the key of another algorithm, or another algorithm than that of their signature, are refused")
    func crossed() async throws {
        let signers = [try await TokenSigner.rs256(), try await TokenSigner.es256(), try await TokenSigner.edDSA()]
        let authenticator = try JWTFixtures.authenticator(keys: signers)
        for signer in signers {
            for other in signers where other.algorithm != signer.algorithm {
                for header in [
                    #"{"alg":"\#(signer.algorithm.rawValue)","kid":"\#(other.id ?? "")"}"#,
                    #"{"alg":"\#(other.algorithm.rawValue)","kid":"\#(signer.id ?? "")"}"#,
                    #"{"alg":"\#(other.algorithm.rawValue)","kid":"\#(other.id ?? "")"}"#,
                    #"{"alg":"\#(other.algorithm.rawValue)"}"#,
                ] {
                    let accepted = try await authenticator.authenticate(bearer: signer.token(header: header))
                    #expect(accepted == nil, "\(header)")
                }
            }
        }
    }

    @Test("signed with a symmetric key in the key set are refused")
    func symmetricKey() async throws {
        let secret = String(repeating: "k", count: 32)
        let (forger, honest) = try await (TokenSigner.hs256(secret), TokenSigner.es256())
        let planted = #"{"kty":"oct","kid":"planted","use":"sig","alg":"HS256","k":"\#(secret.base64URL)"}"#
        let document = JWTFixtures.keySet(planted, honest.jwk())
        let authenticator = JWTAuthenticator(
            settings: try JWTFixtures.keySettings(),
            fetch: { _ in document },
            now: { JWTFixtures.now },
            logger: RecordedLog().logger
        )
        for algorithm in ["HS256", "RS256", "ES256", "EdDSA"] {
            let accepted = try await authenticator.authenticate(
                bearer:
                    forger.token(header: #"{"alg":"\#(algorithm)","kid":"planted"}"#)
            )
            #expect(accepted == nil)
        }
        #expect(try await authenticator.authenticate(bearer: honest.token()) != nil)
    }

    @Test("signed with another key of the same kind are refused, whatever key id they have")
    func otherKeys() async throws {
        let pairs = [
            (try await TokenSigner.es256(), try await TokenSigner.es256()),
            (try await TokenSigner.edDSA(), try await TokenSigner.edDSA()),
        ]
        for (honest, forger) in pairs {
            let authenticator = try JWTFixtures.authenticator(keys: [honest])
            for header in [forger.header, #"{"alg":"\#(forger.algorithm.rawValue)"}"#] {
                let accepted = try await authenticator.authenticate(bearer: forger.token(header: header))
                #expect(accepted == nil)
            }
        }
        let secret = try JWTFixtures.authenticator(JWTFixtures.secretSettings())
        let accepted = try await secret.authenticate(bearer: TokenSigner.hs256(JWTFixtures.secret + "x").token())
        #expect(accepted == nil)
    }

    @Test("that contain their own key are refused")
    func ownKey() async throws {
        let (honest, forger) = try await (TokenSigner.es256(id: "1"), TokenSigner.es256(id: "1"))
        let authenticator = try JWTFixtures.authenticator(keys: [honest])
        for header in [
            #"{"alg":"ES256","kid":"1","jwk":\#(forger.jwk())}"#, #"{"alg":"ES256","jwk":\#(forger.jwk())}"#,
            #"{"alg":"ES256","kid":"1","jku":"https://evil.example.com/keys"}"#,
            #"{"alg":"ES256","kid":"1","x5c":["MIIB"]}"#,
            #"{"alg":"ES256","kid":"1","x5u":"https://evil.example.com/"}"#,
        ] {
            let accepted = try await authenticator.authenticate(bearer: forger.token(header: header))
            #expect(accepted == nil, "\(header)")
        }
    }

    @Test("made of the parts of two valid ones are refused")
    func mixed() async throws {
        let signer = try await TokenSigner.edDSA()
        let authenticator = try JWTFixtures.authenticator(keys: [signer])
        let viewer = try signer.token(JWTFixtures.claims(["role": #""viewer""#])).split(separator: ".")
        let admin = try signer.token().split(separator: ".")
        let accepted = try await authenticator.authenticate(bearer: "\(viewer[0]).\(admin[1]).\(viewer[2])")
        #expect(accepted == nil)
    }

    @Test("that differ in a single bit of the claims or the signature are refused")
    func bits() async throws {
        let signers = [
            try await TokenSigner.hs256(), try await TokenSigner.rs256(), try await TokenSigner.es256(),
            try await TokenSigner.edDSA(),
        ]
        for signer in signers {
            let settings = signer.algorithm == .hs256 ? try JWTFixtures.secretSettings() : try JWTFixtures.keySettings()
            let authenticator = try JWTFixtures.authenticator(settings, keys: [signer])
            let parts = try signer.token().split(separator: ".")
            for part in 1...2 {
                let bytes = try #require(Base64URL.decode(parts[part].utf8))
                for bit in stride(from: 0, to: bytes.count * 8, by: 7) {
                    var changed = bytes
                    changed[bit / 8] ^= 1 << UInt8(bit % 8)
                    var texts = parts.map(String.init)
                    texts[part] = changed.base64URL
                    let accepted = try await authenticator.authenticate(bearer: texts.joined(separator: "."))
                    #expect(accepted == nil)
                }
            }
        }
    }

    @Test("that are random changes of valid ones are refused, 500 of each algorithm")
    func mutations() async throws {
        let signers = [
            try await TokenSigner.hs256(), try await TokenSigner.rs256(), try await TokenSigner.es256(),
            try await TokenSigner.edDSA(),
        ]
        var generator = SeededGenerator(seed: 42)
        for signer in signers {
            let settings = signer.algorithm == .hs256 ? try JWTFixtures.secretSettings() : try JWTFixtures.keySettings()
            let authenticator = try JWTFixtures.authenticator(settings, keys: [signer])
            let token = try signer.token()
            #expect(try await authenticator.authenticate(bearer: token) != nil)
            for round in 0..<500 {
                let mutated = Self.mutated(token, &generator)
                let accepted = try await authenticator.authenticate(bearer: mutated)
                #expect(accepted == nil || mutated == token, "\(signer.algorithm), round \(round): \(mutated)")
            }
        }
    }

    /// Makes one to three changes.
    private static func mutated(_ token: String, _ generator: inout SeededGenerator) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n\0~".utf8)
        var bytes = Array(token.utf8)
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            let other = Int.random(in: 0..<bytes.count, using: &generator)
            let byte = alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
            switch Int.random(in: 0..<7, using: &generator) {
            case 0: bytes[place] = byte
            case 1: bytes.insert(byte, at: place)
            case 2: bytes.remove(at: place)
            case 3: bytes.swapAt(place, other)
            case 4: bytes[place] ^= 1 << UInt8.random(in: 0..<7, using: &generator)
            case 5: bytes.insert(contentsOf: bytes[min(place, other)..<max(place, other)], at: place)
            default: bytes.removeSubrange(min(place, other)..<max(place, other))
            }
            if bytes.isEmpty { return "" }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
