import GRDB
package import Unstick
import UnstickSQL

extension SQLiteStore {
    /// Copies the write-ahead log into the file and empties it.
    package func checkpoint() async throws {
        try await self.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
    }

    /// How long the database itself takes to find a hundred stuck jobs, in milliseconds.
    package func timeOfFinding(asOf now: Timestamp, timeout: Duration) async throws -> Double {
        let ruleMatches = RuleMatches(phase: .processing, everyJob: Rule(timeout: timeout))
        let search = StuckSearch(map: self.map, shape: StuckSearch.Shape(ruleMatches)).list(from: .oldest)
        return try await self.read { db in
            let transaction = SQLiteTransaction(db: db, now: now, names: self.dialect.names)
            let call = SQLCall(search, self.range(now, ruleMatches, nil, 100))
            let start = ContinuousClock.now
            _ = try transaction.run(call)
            return (ContinuousClock.now - start) / .milliseconds(1)
        }
    }
}
