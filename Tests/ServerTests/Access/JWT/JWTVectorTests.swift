import Testing
import Unstick

@testable import UnstickServer

@Suite("Published examples of signed tokens")
struct JWTVectorTests {
    private static let claims =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

    /// RFC 7515, appendix A.1, and RFC 7519, section 3.1.
    private static let hs256 =
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\(claims).dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    private static let hs256Key =
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"

    /// RFC 7515, appendix A.2.
    private static let rs256 = """
        eyJhbGciOiJSUzI1NiJ9.\(claims).cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5\
        YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K\
        0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5A\
        XLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw
        """
    private static let rs256Key = """
        {"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4\
        QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-U\
        To7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kz\
        k2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"}
        """

    /// RFC 7515, appendix A.3.
    private static let es256 = """
        eyJhbGciOiJFUzI1NiJ9.\(claims).DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg\
        6NU1Q
        """
    private static let es256Key = """
        {"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyS\
        tikYjKIWI5a0"}
        """

    /// RFC 8037, appendix A.4; the signed text is no JSON.
    private static let edDSA = """
        eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki\
        4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg
        """
    private static let edDSAKey = """
        {"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
        """

    @Test("the signature of RFC 7515, A.1, is valid, and no other is")
    func hmac() async throws {
        let token = try CompactToken(Self.hs256)
        let key = try await VerificationKey(secret: #require(Base64URL.decode(Self.hs256Key.utf8)))
        #expect(try TokenHeader(token.header, allowed: [.hs256]).keyID == nil)
        self.check(token, key)
    }

    @Test("the signatures of RFC 7515, A.2 and A.3, and of RFC 8037, A.4, are valid, and no others are")
    func publicKeys() async throws {
        for (text, key, algorithm) in [
            (Self.rs256, Self.rs256Key, SigningAlgorithm.rs256), (Self.es256, Self.es256Key, .es256),
            (Self.edDSA, Self.edDSAKey, .edDSA),
        ] {
            let token = try CompactToken(text)
            let key = try #require(await KeySet(JWTFixtures.keySet(key)).candidates(algorithm, id: nil).first)
            #expect(try TokenHeader(token.header, allowed: [algorithm]).algorithm == algorithm)
            self.check(token, key)
        }
    }

    private func check(_ token: CompactToken, _ key: VerificationKey) {
        #expect(key.verifies(token.signature, of: token.signed))
        #expect(!key.verifies(token.signature, of: token.signed + [0]))
        #expect(!key.verifies(token.signature, of: token.signed.dropLast()))
        #expect(!key.verifies(token.signature.dropLast(), of: token.signed))
        #expect(!key.verifies(token.signature + [0], of: token.signed))
        #expect(!key.verifies([], of: token.signed))
        for index in token.signature.indices {
            var signature = token.signature
            signature[index] ^= 1
            #expect(!key.verifies(signature, of: token.signed))
        }
    }

    @Test("the claims of RFC 7519, section 3.1, are valid until 2011-03-22T18:43:00Z and a minute")
    func claims() throws {
        let claims = try TokenClaims(CompactToken(Self.hs256).payload)
        let settings = try JWTSettings(
            issuer: "joe",
            authorizedParties: "x",
            secret: JWTFixtures.secret,
            role: "/http:~1~1example.com~1is_root",
            adminValues: "true",
            roleClaimIsTrusted: "true"
        )
        #expect(settings.role(in: claims.json) == .admin)
        let refusal = #expect(throws: TokenRefusal.self) {
            try claims.check(settings, at: Timestamp(seconds: 1_300_819_379))
        }
        #expect(refusal == .authorizedParty)
    }

    @Test("the unsigned token of RFC 7519, section 6.1, and the encrypted one of A.1, identify no caller")
    func otherKinds() async throws {
        let authenticator = try JWTFixtures.authenticator(JWTFixtures.secretSettings())
        let unsigned = try await authenticator.authenticate(bearer: "eyJhbGciOiJub25lIn0.\(Self.claims).")
        #expect(unsigned == nil)
        let encrypted = try await authenticator.authenticate(
            bearer:
                "eyJhbGciOiJSU0ExXzUiLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0.QR1Owv2ug2WyPBnbQrRARTeEk9kDO2w8qDcjiHnSJflSdv1iNqhWXaKH."
                + "AxY8DCtDaGlsbGljb3RoZQ.MKOle7UQrG6nSxTLX6Mqwt0orbHvAKeWnDYvpIAeZ72deHxz3roJDXQyhxx0wKaM.fiK51VwhsxJ-siBMR-YFiA"
        )
        #expect(encrypted == nil)
    }
}
