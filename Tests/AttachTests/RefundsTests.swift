import Testing
import UnstickPostgres
import UnstickSQL

@Suite("Refunds of a mapping as SQL")
struct RefundsTests {
    private func resolve(
        _ mapping: MappingFile
    ) -> (compensation: ResolvedTables.Compensation, balances: ResolvedTables.Balances?, findings: [Finding]) {
        var refunds = Refunds(mapping, HandBuilt.catalogue(), .postgres)
        let (compensation, balances) = refunds.resolve()
        return (compensation, balances, refunds.findings)
    }

    private static let balances = #", "balances": {"table": "accounts", "user": "id", "balance": "tokens"}"#

    @Test("refunds are added to the balances, under a key of the column's type")
    func credit() throws {
        let (compensation, balances, findings) = self.resolve(try HandBuilt.mapping(outside: Self.balances))
        guard case .balances(let credit, let ledger) = compensation else {
            Issue.record("no balances")
            return
        }
        #expect(findings == [] && ledger == nil)
        #expect(credit.hasPrefix(#"UPDATE "app"."accounts" AS b"#))
        #expect(credit.contains(#"SET "tokens" = b."tokens" + s.total"#) && credit.contains("AS uuid) END"))
        #expect(balances?.isUnknown == #"b."tokens" IS NULL"# && balances?.isRequired == true)
    }

    @Test("a NULL counts as 0 only where the mapping says so")
    func null() throws {
        var mapping = try HandBuilt.mapping(outside: Self.balances)
        mapping.balances?.nullBalance = .zero
        let (compensation, balances, _) = self.resolve(mapping)
        guard case .balances(let credit, _) = compensation else {
            Issue.record("no balances")
            return
        }
        #expect(credit.contains(#"coalesce(b."tokens", 0) + s.total"#) && balances?.isUnknown == nil)
    }

    @Test("a ledger line has a key that is a function of the charge, and the running balance")
    func ledger() throws {
        let mapping = try HandBuilt.mapping(
            outside: Self.balances + """
                , "ledger": {"table": "lines", "id": "key", "user": "owner", "amount": "amount", "balanceAfter": "left",
                "type": {"column": "type", "value": "REFUND"}}
                """
        )
        let (compensation, _, findings) = self.resolve(mapping)
        guard case .balances(_, let ledger?) = compensation else {
            Issue.record("no ledger")
            return
        }
        #expect(findings == [])
        #expect(ledger.hasPrefix(#"INSERT INTO "app"."lines" ("key", "owner", "amount", "left", "type")"#))
        #expect(ledger.contains("CAST(md5(CASE WHEN i.source IS NULL") && ledger.contains("'REFUND' AS line_type"))
        #expect(ledger.contains(#"b."tokens" + i.amount - sum(i.amount) OVER from_last"#))
        var wrong = mapping
        wrong.ledger?.type?.value = "GIFT"
        #expect(self.resolve(wrong).findings.map(\.detail) == ["'GIFT' is not a label of line_type"])
    }

    @Test("without balances nothing is refunded, or the team's own billing is notified")
    func others() throws {
        guard case .none = self.resolve(try HandBuilt.mapping()).compensation else {
            Issue.record("not none")
            return
        }
        let asked = try HandBuilt.mapping(outside: #", "compensation": "webhook""#)
        guard case .webhook = self.resolve(asked).compensation else {
            Issue.record("not webhook")
            return
        }
    }

    @Test("all problems are found")
    func problems() throws {
        let missing = try HandBuilt.mapping(outside: #", "compensation": "balances""#)
        #expect(self.resolve(missing).findings.map(\.subject) == ["compensation"])
        var mapping = try HandBuilt.mapping(outside: Self.balances)
        mapping.balances?.balance = "name"
        mapping.jobs.user = nil
        #expect(self.resolve(mapping).findings.map(\.subject) == ["user", "column name"])
        mapping.balances?.table = "nowhere"
        #expect(self.resolve(mapping).findings.map(\.subject) == ["user", "table nowhere"])
    }
}
