import Crypto
import Foundation
import JWTKit

@testable import UnstickServer

/// Signs tokens, also invalid ones: the header and the claims are arbitrary text.
struct TokenSigner: Sendable {
    /// The algorithm.
    let algorithm: SigningAlgorithm
    /// The key id.
    let id: String?
    /// The members of its public key in a key set, without the key id.
    let publicKey: String

    private let key: any JWTAlgorithm

    private init(
        _ algorithm: SigningAlgorithm,
        _ id: String?,
        _ publicKey: String,
        _ keys: JWTKeyCollection
    ) async throws {
        self.algorithm = algorithm
        self.id = id
        self.publicKey = publicKey
        self.key = try await keys.getKey()
    }

    /// A signer with a secret.
    static func hs256(_ secret: String = JWTFixtures.secret) async throws -> TokenSigner {
        let keys = await JWTKeyCollection().add(hmac: HMACKey(from: secret), digestAlgorithm: .sha256)
        return try await TokenSigner(.hs256, nil, "", keys)
    }

    /// A signer with the RSA key of these tests.
    static func rs256(id: String? = "rsa-1") async throws -> TokenSigner {
        let key = try JWTKit.Insecure.RSA.PrivateKey(pem: JWTFixtures.rsaKey)
        let (modulus, exponent) = try key.publicKey.getKeyPrimitives()
        let members = #""kty":"RSA","n":"\#(modulus.base64URL)","e":"\#(exponent.base64URL)""#
        return try await TokenSigner(.rs256, id, members, JWTKeyCollection().add(rsa: key, digestAlgorithm: .sha256))
    }

    /// A signer with a new key on the curve P-256.
    static func es256(id: String? = "ec-1") async throws -> TokenSigner {
        let key = P256.Signing.PrivateKey()
        let point = key.publicKey.rawRepresentation
        let members =
            #""kty":"EC","crv":"P-256","x":"\#(point.prefix(32).base64URL)","y":"\#(point.suffix(32).base64URL)""#
        return try await TokenSigner(.es256, id, members, JWTKeyCollection().add(ecdsa: ES256PrivateKey(backing: key)))
    }

    /// A signer with a new key on the curve Ed25519.
    static func edDSA(id: String? = "ed-1") async throws -> TokenSigner {
        let key = try EdDSA.PrivateKey()
        let members = #""kty":"OKP","crv":"Ed25519","x":"\#(key.publicKey.rawRepresentation.base64URL)""#
        return try await TokenSigner(.edDSA, id, members, JWTKeyCollection().add(eddsa: key))
    }

    /// Its key in a key set, with further members.
    func jwk(_ further: String = "") -> String {
        let name = self.id.map { #","kid":"\#($0)""# } ?? ""
        return "{\(self.publicKey)\(name)\(further)}"
    }

    /// Its default header.
    var header: String {
        let name = self.id.map { #","kid":"\#($0)""# } ?? ""
        return #"{"alg":"\#(self.algorithm.rawValue)","typ":"JWT"\#(name)}"#
    }

    /// Signs claims.
    func token(_ claims: String = JWTFixtures.claims(), header: String? = nil) throws -> String {
        let signed = "\((header ?? self.header).base64URL).\(claims.base64URL)"
        return "\(signed).\(try self.signature(of: signed))"
    }

    /// Signs any text.
    func signature(of text: String) throws -> String {
        try self.key.sign(Array(text.utf8)).base64URL
    }
}

extension Sequence<UInt8> {
    /// Base64url without padding.
    var base64URL: String {
        Data(self).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}

extension String {
    /// Base64url without padding, of the bytes in UTF-8.
    var base64URL: String { self.utf8.base64URL }
}
