import Unstick

/// How the charges of stuck jobs are refunded in a team's own tables.
package struct Refunds {
    private let mapping: MappingFile
    private let dialect: any SQLDialect
    private var names: MappedNames

    package init(_ mapping: MappingFile, _ catalogue: Catalogue, _ dialect: any SQLDialect) {
        (self.mapping, self.dialect, self.names) = (mapping, dialect, MappedNames(catalogue))
    }

    /// The problems, after ``resolve()``.
    package var findings: [Finding] { self.names.findings }

    /// The compensation, and the rows with the balances, if any.
    package mutating func resolve() -> (compensation: ResolvedTables.Compensation, balances: ResolvedTables.Balances?) {
        switch self.mapping.compensation ?? (self.mapping.balances == nil ? .none : .balances) {
        case .none: return (.none, nil)
        case .webhook: return (.webhook, nil)
        case .balances: break
        }
        guard let balances = self.mapping.balances else {
            self.names.problem("compensation", "is balances, but no balances are mapped")
            return (.none, nil)
        }
        if self.mapping.jobs.user == nil { self.names.problem("user", "is not mapped, so no user can be refunded") }
        guard let rows = self.rows(balances) else { return (.none, nil) }
        let credit = self.credit(balances, rows)
        let ledger = self.mapping.ledger.flatMap { self.ledger($0, rows) }
        return (.balances(credit: credit, ledger: ledger), self.resolved(balances, rows))
    }

    // MARK: The balances

    /// The rows with the users' balances, called `b`.
    private struct Rows {
        let table: CatalogueTable
        let user: CatalogueTable.Column
        let key: String
        let column: CatalogueTable.Column
        let balance: String
    }

    private mutating func rows(_ balances: MappingFile.Balances) -> Rows? {
        guard let table = self.names.table(balances.table, schema: balances.schema),
            let user = self.names.column(balances.user, of: table),
            let balance = self.names.column(balances.balance, of: table)
        else { return nil }
        if !balance.type.isExactNumber {
            self.names.problem("column \(balances.balance)", "is \(balance.declared); amounts are whole numbers")
        }
        return Rows(
            table: table,
            user: user,
            key: "b.\(quoted(balances.user))",
            column: balance,
            balance: "b.\(quoted(balances.balance))"
        )
    }

    private func resolved(_ balances: MappingFile.Balances, _ rows: Rows) -> ResolvedTables.Balances {
        let (dialect, user) = (self.dialect, rows.user)
        return ResolvedTables.Balances(
            table: rows.table.sql,
            key: rows.key,
            asKey: { dialect.comparedIfPossible($0, with: user) },
            balance: "CAST(\(rows.balance) AS text)",
            isUnknown: balances.nullBalance == .zero || rows.column.isNotNull ? nil : "\(rows.balance) IS NULL",
            isRequired: true
        )
    }

    /// Each user's sum, under the row's lock.
    private mutating func credit(_ balances: MappingFile.Balances, _ rows: Rows) -> String {
        let before = balances.nullBalance == .zero ? "coalesce(\(rows.balance), 0)" : rows.balance
        let now = balances.updated.flatMap { time in
            self.names.now(in: time, of: rows.table, self.dialect).map { ", \(quoted(time.column)) = \($0)" }
        }
        return """
            UPDATE \(rows.table.sql) AS b
            SET \(quoted(balances.balance)) = \(before) + s.total\(now ?? "")
            FROM (SELECT i.user_id, sum(i.amount) AS total FROM unstick.run_items AS i
                WHERE \(CleanupStatements.isPaid) GROUP BY i.user_id) AS s
            WHERE \(rows.key) = \(self.dialect.comparedIfPossible("s.user_id", with: rows.user))
            """
    }

    // MARK: The ledger

    private mutating func ledger(_ ledger: MappingFile.Ledger, _ rows: Rows) -> String? {
        guard let table = self.names.table(ledger.table, schema: ledger.schema) else { return nil }
        var values: [(column: String, sql: String)] = []
        if let name = ledger.id, let column = self.names.column(name, of: table) {
            values.append((name, self.dialect.assignedKey(CleanupStatements.refundKey, to: column)))
        }
        for (name, sql) in self.sources(of: ledger, rows) {
            guard let name, let column = self.names.column(name, of: table) else { continue }
            values.append((name, self.dialect.assigned(sql, to: column)))
        }
        for constant in [ledger.type, ledger.source].compactMap({ $0 }) {
            guard let column = self.names.column(constant.column, of: table) else { continue }
            if case .enumeration(let labels) = column.type, !labels.contains(constant.value) {
                self.names.problem("ledger", "'\(constant.value)' is not a label of \(column.declared)")
            }
            values.append((constant.column, self.dialect.assigned(literal(constant.value), to: column)))
        }
        if let time = ledger.created, let now = self.names.now(in: time, of: table, self.dialect) {
            values.append((time.column, now))
        }
        let join = "\(rows.key) = \(self.dialect.comparedIfPossible("i.user_id", with: rows.user))"
        return """
            INSERT INTO \(table.sql) (\(values.map { quoted($0.column) }.joined(separator: ", ")))
            SELECT \(values.map(\.sql).joined(separator: ", "))
            FROM unstick.run_items AS i JOIN \(rows.table.sql) AS b ON \(join)
            WHERE \(CleanupStatements.isPaid)
            \(CleanupStatements.fromLast)
            """
    }

    /// The values of a line, from the item `i` and the balance `b`.
    private func sources(of ledger: MappingFile.Ledger, _ rows: Rows) -> [(column: String?, sql: String)] {
        [
            (ledger.user, "i.user_id"), (ledger.amount, "i.amount"), (ledger.job, "i.job_id"),
            (ledger.balanceAfter, CleanupStatements.balanceAfter(rows.balance)),
            (ledger.reason, CleanupStatements.metadata(self.dialect)),
        ]
    }
}
