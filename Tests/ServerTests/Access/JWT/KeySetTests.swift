import Testing

@testable import UnstickServer

@Suite("Key sets")
struct KeySetTests {
    private func failure(_ document: String) async -> KeyFailure? {
        await #expect(throws: KeyFailure.self) { try await KeySet(Array(document.utf8)) }
    }

    @Test("keys are found by their id and their algorithm together")
    func selection() async throws {
        let (rsa, curve, edwards) = try await (TokenSigner.rs256(), TokenSigner.es256(), TokenSigner.edDSA())
        let keys = try await KeySet(JWTFixtures.keySet(rsa.jwk(), curve.jwk(), edwards.jwk()))
        for signer in [rsa, curve, edwards] {
            #expect(keys.candidates(signer.algorithm, id: signer.id).map(\.id) == [signer.id])
            #expect(keys.candidates(signer.algorithm, id: nil).map(\.id) == [signer.id])
            #expect(keys.candidates(signer.algorithm, id: "other").isEmpty)
        }
        #expect(keys.candidates(.es256, id: "rsa-1").isEmpty && keys.candidates(.rs256, id: "ec-1").isEmpty)
        #expect(keys.candidates(.hs256, id: nil).isEmpty && keys.candidates(.hs256, id: "rsa-1").isEmpty)
    }

    @Test("a key without an id is not found by one, and without a requested id ten are tried")
    func unnamed() async throws {
        let signer = try await TokenSigner.es256(id: nil)
        let keys = try await KeySet(JWTFixtures.keySet(signer.jwk()))
        #expect(keys.candidates(.es256, id: nil).count == 1 && keys.candidates(.es256, id: "").isEmpty)
        let many = try await KeySet(
            Array(#"{"keys":[\#(Array(repeating: signer.jwk(), count: 100).joined(separator: ","))]}"#.utf8)
        )
        #expect(many.candidates(.es256, id: nil).count == 10)
    }

    @Test("keys for signatures of their algorithm are accepted")
    func meant() async throws {
        for signer in [try await TokenSigner.rs256(), try await TokenSigner.es256(), try await TokenSigner.edDSA()] {
            for further in [
                #","use":"sig""#, #","key_ops":["verify"]"#, #","alg":"\#(signer.algorithm.rawValue)""#,
                #","use":"sig","key_ops":["sign","verify"],"x5c":["MIIB"],"x5t":"abc","unknown":{"a":[]}"#,
            ] {
                let keys = try await KeySet(JWTFixtures.keySet(signer.jwk(further)))
                #expect(keys.candidates(signer.algorithm, id: signer.id).count == 1, "\(further)")
            }
        }
    }

    @Test("keys for something else, with another algorithm, or that can sign are skipped")
    func skipped() async throws {
        let other = try await TokenSigner.edDSA(id: "other")
        for signer in [try await TokenSigner.rs256(), try await TokenSigner.es256(), try await TokenSigner.edDSA()] {
            for further in [
                #","use":"enc""#, #","use":1"#, #","key_ops":["encrypt"]"#, #","key_ops":[]"#, #","key_ops":"verify""#,
                #","alg":"RS512""#, #","alg":"HS256""#, #","alg":"none""#, #","alg":1"#, #","d":"AQAB""#,
                #","k":"AQAB""#,
                #","use":"enc","key_ops":["verify"]"#,
            ] {
                let keys = try await KeySet(JWTFixtures.keySet(signer.jwk(further), other.jwk()))
                #expect(keys.candidates(signer.algorithm, id: signer.id).isEmpty, "\(signer.algorithm) \(further)")
                #expect(keys.candidates(.edDSA, id: "other").count == 1)
            }
        }
    }

    @Test(
        "keys that are broken, too small or of another kind are ignored",
        arguments: [
            #"{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr8","alg":"HS256","kid":"a"}"#,
            #"{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr8"}"#, "{}", #"{"kty":"RSA"}"#,
            #"{"kty":"rsa","n":"AQAB","e":"AQAB"}"#, #"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#,
            #"{"kty":"EC","crv":"P-256"}"#, #"{"kty":"EC","crv":"P-256","x":"AQAB","y":"AQAB"}"#,
            #"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"}"#,
            #"{"kty":"EC","crv":"P-384","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#,
            #"{"kty":"EC","crv":"secp256k1","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#,
            #"{"kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
            #"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo="}"#,
            #"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHUQ"}"#,
            #"{"kty":"OKP","crv":"Ed25519","x":7}"#, #"{"kty":"AKP","alg":"ML-DSA-65","pub":"AQAB"}"#,
        ]
    )
    func unfit(_ key: String) async {
        #expect(await self.failure(#"{"keys":[\#(key)]}"#) == .noKey)
    }

    @Test("an RSA key of 1024 bits, or with an unusual exponent, is ignored")
    func smallKeys() async throws {
        let small =
            "pUo2TR8GdP6RIdlAdUYH_okVGm0ItdEkeb8lI2vZEiGn0L8T9mY1l6ZkC2bRYx1p1E9hV0uJmQv0eZ7pYJ6yX0m4S7m8oM1sXy0tq6sVt1dU2gkqk0u4b8bQ0b0m5cQw1r6H3J9o3f7V4gYB2nJm0b1q2w3e4r5t6y7u8i9o0pE"
        #expect(await self.failure(#"{"keys":[{"kty":"RSA","n":"\#(small)","e":"AQAB"}]}"#) == .noKey)
        let key = try await TokenSigner.rs256().publicKey
        for exponent in ["AQ", "Ag", "AAAA", "AQAAAAAB", "AQABAQAB"] {
            let strange = key.replacing(#""e":"AQAB""#, with: #""e":"\#(exponent)""#)
            #expect(await self.failure("{\"keys\":[{\(strange)}]}") == .noKey, "\(exponent)")
        }
    }

    @Test("an invalid or oversized key set is refused")
    func documents() async throws {
        for document in ["", "[]", "{}", #"{"keys":{}}"#, #"{"keys":null}"#, "<html>", #"{"keys":[],"keys":[]}"#] {
            #expect(await self.failure(document) == .notAKeySet, "\(document)")
        }
        #expect(await self.failure(#"{"keys":[]}"#) == .noKey)
        #expect(await self.failure(#"{"keys":["x",1,null,[]]}"#) == .noKey)
        #expect(
            await self.failure(#"{"keys":[\#(Array(repeating: "{}", count: 101).joined(separator: ","))]}"#)
                == .tooManyKeys
        )
        let signer = try await TokenSigner.edDSA()
        let full = JWTFixtures.keySet(signer.jwk())
        let space = [UInt8](repeating: UInt8(ascii: " "), count: KeySet.maximumLength - full.count)
        #expect(try await KeySet(full + space).candidates(.edDSA, id: "ed-1").count == 1)
        #expect(await self.failure(String(decoding: full + space + [0x20], as: UTF8.self)) == .tooLong)
    }

    @Test("a key with a repeated member invalidates the whole set, because two readers could see two keys")
    func duplicates() async throws {
        let signer = try await TokenSigner.edDSA()
        #expect(await self.failure(#"{"keys":[\#(signer.jwk(#","kid":"ed-2""#))]}"#) == .notAKeySet)
    }
}
