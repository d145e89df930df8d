import Crypto
import Foundation

/// A signed token of an app, from the standard alone.
enum HMACToken {
    static func make(_ claims: [String: Any], _ secret: String) -> String {
        let payload = (try? JSONSerialization.data(withJSONObject: claims)) ?? Data()
        let signed = "\(Self.encoded(Data(#"{"alg":"HS256","typ":"JWT"}"#.utf8))).\(Self.encoded(payload))"
        let key = SymmetricKey(data: Data(secret.utf8))
        let signature = HMAC<SHA256>.authenticationCode(for: Data(signed.utf8), using: key)
        return "\(signed).\(Self.encoded(Data(signature)))"
    }

    private static func encoded(_ data: Data) -> String {
        data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
