import Foundation
import TestSupport
import UnstickMySQL

/// The data of a drain: the same jobs in Unstick's tables and in the floor's, each in its own database.
struct Backlog {
    /// The URLs of the databases.
    let ours: String
    let floor: String

    /// Creates both databases; the server fills them itself.
    init(_ arguments: BenchArguments, on cluster: MariaDBCluster) async throws {
        (self.ours, self.floor) = (try cluster.makeDatabase(), try cluster.makeDatabase())
        try await MySQLStore(url: self.ours).close()
        try cluster.sql(Self.fast + Self.users(arguments.users) + Self.jobs(arguments), in: self.ours)
        try cluster.sql(Floor.tables, in: self.floor)
        try cluster.sql(Self.fast + Floor.copy(from: MariaDBCluster.database(of: self.ours)), in: self.floor)
        try cluster.sql("ANALYZE TABLE unstick_jobs, unstick_balances, unstick_token_transactions", in: self.ours)
        try cluster.sql("ANALYZE TABLE jobs, balances, transactions", in: self.floor)
    }

    /// The indices of an empty table are built at once, from sorted rows.
    private static let fast = "SET unique_checks = 0, foreign_key_checks = 0;\n"

    private static let now = "CAST(unix_timestamp(now(3)) * 1000 AS signed)"

    /// Users with granted balances, so that the ledger is consistent.
    private static func users(_ count: Int) -> String {
        """
        INSERT INTO unstick_balances (user_id, balance, sequence, updated_at)
        SELECT concat('user-', seq), 1000000, 1, \(self.now) FROM seq_0_to_\(count - 1);
        INSERT INTO unstick_token_transactions
            (user_id, sequence, id, amount, type, source, balance_after, metadata, created_at)
        SELECT user_id, 1, 'grant', 1000000, 'GRANT', 'bench', 1000000, '{}', updated_at FROM unstick_balances;
        """
    }

    /// The stuck jobs are spread over the whole table: the worst case for the pages that a run touches.
    private static func jobs(_ arguments: BenchArguments) -> String {
        """
        INSERT INTO unstick_jobs (user_id, id, kind, tier, cost, status, attempt, charge, created_at, available_at,
            processing_started_at, updated_at, processing_completed_at)
        SELECT concat('user-', chance % \(arguments.users)), hash, 'image', 'TIER_4K', 1 + chance % 9,
            CASE WHEN is_stuck THEN 'PROCESSING' ELSE 'COMPLETED' END, 1, 1, since - 5000, since - 5000, since, since,
            CASE WHEN is_stuck THEN NULL ELSE since + 1000 + chance DIV 7 % 60000 END
        FROM (
            SELECT hash, chance, is_stuck, \(self.now) - 600000 - chance DIV 1000 % 89400000 AS since
            FROM (
                SELECT md5(seq) AS hash, seq * 7919 % \(arguments.jobs) < \(arguments.stuck) AS is_stuck,
                    CAST(conv(left(md5(-seq), 15), 16, 10) AS signed) AS chance
                FROM seq_1_to_\(arguments.jobs)
            ) AS numbers
        ) AS jobs
        """
    }
}
