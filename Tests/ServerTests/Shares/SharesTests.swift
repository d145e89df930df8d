import Testing

@testable import UnstickServer

@Suite("Shares")
struct SharesTests {
    private let ada = [Shares.Holder("ada", most: 2)]
    private let linus = [Shares.Holder("linus", most: 2)]

    private func refusal(_ shares: Shares, _ holders: [Shares.Holder]) -> Shares.Refusal? {
        do {
            try shares.take(for: holders)
            return nil
        } catch {
            return error
        }
    }

    @Test("no holder has more than its share, and all together not more than the whole")
    func bounds() throws {
        let shares = Shares(most: 3)
        #expect(self.refusal(shares, self.ada) == nil && self.refusal(shares, self.ada) == nil)
        #expect(self.refusal(shares, self.ada) == .holderIsFull)
        #expect(self.refusal(shares, self.linus) == nil)
        #expect(self.refusal(shares, self.linus) == .allIsTaken)
        shares.free(for: self.ada)
        #expect(self.refusal(shares, self.linus) == nil && shares.taken == 3)
    }

    @Test("a part is taken for all its holders or for none")
    func severalHolders() throws {
        let shares = Shares(most: 10)
        let both = [Shares.Holder("office", most: 5), Shares.Holder("session", most: 1)]
        #expect(self.refusal(shares, both) == nil && self.refusal(shares, both) == .holderIsFull)
        for session in 1...4 {
            #expect(self.refusal(shares, [both[0], Shares.Holder("session \(session)", most: 1)]) == nil)
        }
        #expect(self.refusal(shares, [both[0], Shares.Holder("session 9", most: 1)]) == .holderIsFull)
        #expect(shares.taken == 5)
    }

    @Test(
        "an IPv6 caller is its network of 64 bits, an IPv4 caller its address, mapped or not",
        arguments: [
            ("192.0.2.7", "192.0.2.7"), ("::ffff:192.0.2.7", "192.0.2.7"), ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
            ("2001:db8:1:2:ffff:1:2:3", "2001:db8:1:2::/64"), ("::1", "::/64"), ("no address", "no address"),
        ]
    )
    func groups(address: String, group: String) {
        #expect(Client(address: address).group == group)
        #expect(Client().group == "unknown")
    }
}
