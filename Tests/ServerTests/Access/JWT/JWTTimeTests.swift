import Testing
import Unstick

@testable import UnstickServer

@Suite("Times of signed tokens")
struct JWTTimeTests {
    /// Why a token with these times is refused at this time, in milliseconds after the time of the tests.
    private func reason(_ times: [String: String?], at milliseconds: Int = 0) -> TokenRefusal? {
        do {
            let claims = try TokenClaims(Array(JWTFixtures.claims(times).utf8))
            let now = JWTFixtures.now + .milliseconds(milliseconds)
            _ = try claims.check(JWTFixtures.secretSettings(), at: now)
            return nil
        } catch {
            return error as? TokenRefusal ?? .payload
        }
    }

    @Test("a token ends a minute after its end, to the millisecond")
    func end() {
        #expect(self.reason(["exp": "1800000000"], at: -1) == nil)
        #expect(self.reason(["exp": "1800000000"]) == nil)
        #expect(self.reason(["exp": "1800000000"], at: 59_999) == nil)
        #expect(self.reason(["exp": "1800000000"], at: 60_000) == .expired)
        #expect(self.reason(["exp": "1800000000.5"], at: 60_499) == nil)
        #expect(self.reason(["exp": "1800000000.5"], at: 60_500) == .expired)
        #expect(self.reason(["exp": "0"]) == .expired)
    }

    @Test("a token begins a minute before its start, to the millisecond", arguments: ["nbf", "iat"])
    func beginning(_ name: String) {
        #expect(self.reason([name: "1800000000"], at: -60_000) == nil)
        #expect(self.reason([name: "1800000000"], at: -60_001) == .notYetValid)
        #expect(self.reason([name: "1800000000.5"], at: -59_500) == nil)
        #expect(self.reason([name: "1800000000.5"], at: -59_501) == .notYetValid)
        #expect(self.reason([name: nil]) == nil)
    }

    @Test("a token without an end is refused")
    func endless() {
        #expect(self.reason(["exp": nil]) == .time)
    }

    @Test("times out of range are refused", arguments: ["exp", "nbf", "iat"])
    func absurd(_ name: String) {
        for value in [
            "-1", "-0.5", "253402300800", "1800000000000", "9223372036854775807",
            "1" + String(repeating: "0", count: 30),
            #""1800000000""#, "null", "true", "[1800000000]", "{}",
        ] {
            #expect(self.reason([name: value]) == .time, "\(value)")
        }
        for value in ["1.8e9", "18E8", "1e-1", "1e400", "1800000000e0"] {
            #expect(self.reason([name: value]) == .payload, "\(value)")
        }
    }

    @Test("a time after the year 9999 is invalid")
    func last() {
        #expect(self.reason(["exp": "253402300799"]) == nil)
        #expect(self.reason(["exp": "253402300799.0"]) == nil)
        #expect(self.reason(["exp": "253402300799.5"]) == .time)
    }

    @Test("the reported end is without the leeway, to the millisecond")
    func reported() throws {
        let claims = try TokenClaims(Array(JWTFixtures.claims(["exp": "1800000600.987"]).utf8))
        #expect(try claims.check(JWTFixtures.secretSettings(), at: JWTFixtures.now).milliseconds == 1_800_000_600_987)
    }
}
