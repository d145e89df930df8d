import UnstickSQL

/// The schema on MariaDB and MySQL.
///
/// Times are milliseconds since 1970, amounts whole tokens. InnoDB keeps a table in the order of its primary key: run
/// items are beside their run, because a batch costs what it touches in pages. No index is on an expression or on a
/// part of the rows: virtual columns have the values for the index of stuck jobs and that of refunds by calls. No
/// statement that creates a table is part of a transaction, so each can be repeated.
struct MySQLSchema: Sendable {
    private let dialect: MySQLDialect

    init(_ dialect: MySQLDialect) {
        self.dialect = dialect
    }

    var migrations: [Migration] {
        [
            Migration(name: "001 schema", sql: self.tables),
            Migration(name: "002 append-only ledger", sql: Self.appendOnlyLedger),
            Migration(name: "003 late completions", tables: LateCompletionStatements.tables, self.dialect),
            Migration(name: "004 holds", tables: HoldStatements.tables, self.dialect),
            Migration(name: "005 first looks", tables: [FirstLookStatements.table], self.dialect),
        ]
    }

    /// The statements that give a user or a role ``UnstickSQL/TableRights``: each names one table.
    ///
    /// - Parameter account: `NAME`, or `NAME@HOST` for a user of one host.
    func grants(to account: String) -> [String] {
        let at = account.lastIndex(of: "@")
        let names = at.map { [account[..<$0], account[account.index(after: $0)...]] } ?? [account[...]]
        let quoted = names.map { "`" + $0.replacing("`", with: "``") + "`" }.joined(separator: "@")
        let scripts = [self.bookkeeping] + self.migrations.map(\.sql)
        let tables = scripts.flatMap { $0.matches(of: /CREATE TABLE IF NOT EXISTS unstick\.(\w+)/) }
            .map { String($0.output.1) }
        return tables.map { table in
            let writing = TableRights.writing.filter { $0.tables.contains(table) }.flatMap(\.rights)
            return "GRANT \((["SELECT"] + writing).joined(separator: ", ")) ON unstick.\(table) TO \(quoted)"
        }
    }

    /// The table of the applied steps.
    var bookkeeping: String {
        """
        CREATE TABLE IF NOT EXISTS unstick.migrations (
            name VARCHAR(200) NOT NULL PRIMARY KEY,
            applied_at BIGINT NOT NULL
        ) \(self.options)
        """
    }

    private var options: String { self.dialect.tableOptions }

    private var tables: String {
        """
        CREATE TABLE IF NOT EXISTS unstick.jobs (
            id VARCHAR(200) NOT NULL PRIMARY KEY,
            user_id VARCHAR(200) NOT NULL,
            kind VARCHAR(200) NOT NULL,
            tier VARCHAR(200),
            cost BIGINT NOT NULL CHECK (cost BETWEEN 0 AND 9007199254740991),
            status VARCHAR(10) NOT NULL CHECK (status IN ('PENDING', 'PROCESSING', 'COMPLETED', 'FAILED', 'CANCELLED')),
            attempt BIGINT NOT NULL CHECK (attempt >= 0),
            charge BIGINT NOT NULL CHECK (charge >= 1),
            created_at BIGINT NOT NULL,
            -- From when on it may be claimed.
            available_at BIGINT NOT NULL,
            processing_started_at BIGINT,
            updated_at BIGINT NOT NULL,
            processing_completed_at BIGINT,
            timed_out_after BIGINT,
            timeouts BIGINT NOT NULL DEFAULT 0,
            charge_kind VARCHAR(6) NOT NULL DEFAULT 'CHARGE' CHECK (charge_kind IN ('CHARGE', 'HOLD')),
            tokens_used BIGINT,
            worker VARCHAR(200),
            -- Which call claimed it: what an unanswered claim is read back by.
            claim VARCHAR(36),
            quarantined_at BIGINT,
            idempotency_key VARCHAR(200),
            error_text TEXT,
            payload LONGTEXT,
            since BIGINT AS (coalesce(processing_started_at, updated_at)) VIRTUAL,
            CHECK (tokens_used BETWEEN 0 AND cost),
            UNIQUE KEY jobs_by_idempotency_key (idempotency_key),
            KEY jobs_by_user (user_id, created_at, id),
            KEY jobs_by_creation (created_at, id),
            KEY jobs_stuck (status, since, id),
            KEY jobs_by_status (status, created_at, id),
            KEY jobs_queue (status, kind, available_at, id),
            KEY jobs_kinds (kind)
        ) \(self.options);

        -- The last sign of life of each attempt that has given one. Apart from the job, whose row and indices are wide.
        CREATE TABLE IF NOT EXISTS unstick.leases (
            job_id VARCHAR(200) NOT NULL PRIMARY KEY,
            user_id VARCHAR(200) NOT NULL,
            attempt BIGINT NOT NULL,
            beat_at BIGINT NOT NULL,
            progress BIGINT NOT NULL CHECK (progress BETWEEN 0 AND 1000000),
            message TEXT
        ) \(self.options);

        CREATE TABLE IF NOT EXISTS unstick.balances (
            user_id VARCHAR(200) NOT NULL PRIMARY KEY,
            balance BIGINT NOT NULL CHECK (balance BETWEEN 0 AND 9007199254740991),
            sequence BIGINT NOT NULL CHECK (sequence >= 0),
            updated_at BIGINT NOT NULL,
            spent BIGINT NOT NULL DEFAULT 0,
            charges BIGINT NOT NULL DEFAULT 0,
            refunded BIGINT NOT NULL DEFAULT 0,
            refunds BIGINT NOT NULL DEFAULT 0,
            released BIGINT NOT NULL DEFAULT 0,
            releases BIGINT NOT NULL DEFAULT 0,
            last_refund BIGINT NOT NULL DEFAULT 0,
            counted BIGINT NOT NULL DEFAULT 0
        ) \(self.options);

        CREATE TABLE IF NOT EXISTS unstick.token_transactions (
            user_id VARCHAR(200) NOT NULL,
            sequence BIGINT NOT NULL CHECK (sequence >= 1),
            id VARCHAR(400) NOT NULL,
            amount BIGINT NOT NULL
                CHECK (amount <> 0 AND amount BETWEEN -9007199254740991 AND 9007199254740991),
            type VARCHAR(10) NOT NULL CHECK (type IN ('GRANT', 'SPEND', 'REFUND', 'HOLD', 'RELEASE', 'ADJUSTMENT')),
            source VARCHAR(200) NOT NULL,
            source_id VARCHAR(200),
            balance_after BIGINT NOT NULL CHECK (balance_after BETWEEN 0 AND 9007199254740991),
            metadata TEXT NOT NULL,
            created_at BIGINT NOT NULL,
            by_call BIGINT AS (CASE WHEN \(LedgerStatements.isWithoutRun(self.dialect)) THEN 1 END) VIRTUAL,
            PRIMARY KEY (id, user_id),
            UNIQUE KEY token_transactions_by_user (user_id, sequence),
            KEY token_transactions_by_calls (by_call, created_at, amount)
        ) \(self.options);

        CREATE TABLE IF NOT EXISTS unstick.runs (
            id VARCHAR(36) NOT NULL PRIMARY KEY,
            "trigger" VARCHAR(200) NOT NULL,
            status VARCHAR(10) NOT NULL CHECK (status IN ('RUNNING', 'COMPLETED', 'FAILED', 'HELD')),
            dry_run BOOLEAN NOT NULL,
            timeout_ms BIGINT,
            batch_size BIGINT NOT NULL,
            total_found BIGINT NOT NULL,
            cleaned_up BIGINT NOT NULL,
            retried BIGINT NOT NULL,
            failed BIGINT NOT NULL,
            tokens_refunded BIGINT NOT NULL,
            tokens_owed BIGINT NOT NULL DEFAULT 0,
            more BOOLEAN NOT NULL,
            error TEXT,
            started_at BIGINT NOT NULL,
            updated_at BIGINT NOT NULL,
            duration_ms BIGINT,
            kinds TEXT,
            ordinal BIGINT NOT NULL,
            KEY runs_by_order (ordinal, id),
            KEY runs_by_status (status, dry_run, ordinal, id)
        ) \(self.options);

        -- The batch in hand: the newest items of a run.
        CREATE TABLE IF NOT EXISTS unstick.run_items (
            run_id VARCHAR(36) NOT NULL,
            position BIGINT NOT NULL,
            user_id VARCHAR(200) NOT NULL,
            job_id VARCHAR(200) NOT NULL,
            kind VARCHAR(200) NOT NULL,
            tier VARCHAR(200),
            attempt BIGINT NOT NULL,
            charge BIGINT NOT NULL,
            -- Microseconds since 1970, as exact as a cursor must be.
            since BIGINT NOT NULL,
            duration BIGINT NOT NULL,
            amount BIGINT NOT NULL,
            action VARCHAR(20) NOT NULL CHECK (action IN (\(RunStatements.actions))),
            hold BOOLEAN NOT NULL DEFAULT false,
            error TEXT,
            rule VARCHAR(200) NOT NULL,
            limit_kind VARCHAR(10) NOT NULL CHECK (limit_kind IN ('timeout', 'heartbeat', 'pending', 'deadline')),
            limit_ms BIGINT NOT NULL,
            measured_ms BIGINT NOT NULL,
            worker VARCHAR(200),
            retry_at BIGINT,
            source VARCHAR(40),
            CONSTRAINT run_items_amount_check CHECK (amount BETWEEN 0 AND 9007199254740991),
            PRIMARY KEY (run_id, position)
        ) \(self.options);

        -- What subscribers are sent, but for what a run did with a job: there its run item is the event.
        CREATE TABLE IF NOT EXISTS unstick.events (
            id VARCHAR(200) NOT NULL PRIMARY KEY,
            user_id VARCHAR(200) NOT NULL,
            type VARCHAR(40) NOT NULL,
            subject VARCHAR(200),
            payload LONGTEXT NOT NULL,
            created_at BIGINT NOT NULL
        ) \(self.options);

        CREATE TABLE IF NOT EXISTS unstick.webhook_endpoints (
            id VARCHAR(40) NOT NULL PRIMARY KEY,
            url TEXT NOT NULL,
            events TEXT NOT NULL,
            note TEXT,
            source VARCHAR(4) NOT NULL CHECK (source IN ('api', 'file')),
            -- A key that signs: it cannot be kept as a digest.
            secret TEXT NOT NULL,
            previous_secret TEXT,
            previous_until BIGINT,
            created_at BIGINT NOT NULL,
            disabled_at BIGINT,
            disabled_reason TEXT,
            failing_since BIGINT,
            -- Not called before this.
            resume_at BIGINT
        ) \(self.options);

        -- The event types of each endpoint, its patterns spelled out.
        CREATE TABLE IF NOT EXISTS unstick.webhook_subscriptions (
            type VARCHAR(40) NOT NULL,
            endpoint_id VARCHAR(40) NOT NULL,
            PRIMARY KEY (type, endpoint_id)
        ) \(self.options);

        -- Each event on its way to each endpoint. It names its event, or the run item that is one.
        CREATE TABLE IF NOT EXISTS unstick.webhook_deliveries (
            event_id VARCHAR(200) NOT NULL,
            endpoint_id VARCHAR(40) NOT NULL,
            user_id VARCHAR(200) NOT NULL,
            type VARCHAR(40) NOT NULL,
            -- What is delivered in order: a job, or an event alone.
            subject VARCHAR(200) NOT NULL,
            run_id VARCHAR(36),
            position BIGINT,
            created_at BIGINT NOT NULL,
            status VARCHAR(10) NOT NULL CHECK (status IN ('PENDING', 'DELIVERED', 'DEAD')),
            attempts BIGINT NOT NULL,
            -- Not tried before this, and taken by no other server either.
            next_at BIGINT NOT NULL,
            claim VARCHAR(40),
            last_status BIGINT,
            last_error TEXT,
            last_ms BIGINT,
            ended_at BIGINT,
            trace_parent VARCHAR(60),
            PRIMARY KEY (event_id, endpoint_id),
            KEY webhook_deliveries_due (endpoint_id, status, next_at, event_id),
            KEY webhook_deliveries_by_subject (subject, endpoint_id, event_id)
        ) \(self.options);

        CREATE TABLE IF NOT EXISTS unstick.alerts (
            name VARCHAR(200) NOT NULL PRIMARY KEY,
            phase VARCHAR(10) NOT NULL CHECK (phase IN ('ok', 'rising', 'firing', 'falling')),
            since BIGINT NOT NULL,
            firing_since BIGINT,
            value DOUBLE NOT NULL,
            threshold DOUBLE NOT NULL,
            summary TEXT NOT NULL,
            updated_at BIGINT NOT NULL
        ) \(self.options);

        CREATE TABLE IF NOT EXISTS unstick.schedules (
            name VARCHAR(200) NOT NULL PRIMARY KEY,
            last_due BIGINT,
            holder VARCHAR(200),
            lease_until BIGINT,
            seen_at BIGINT,
            next_due BIGINT
        ) \(self.options);

        -- One row while cleaning is paused.
        CREATE TABLE IF NOT EXISTS unstick.pauses (
            name VARCHAR(200) NOT NULL PRIMARY KEY,
            paused_until BIGINT NOT NULL,
            paused_by VARCHAR(200) NOT NULL
        ) \(self.options);

        CREATE TABLE IF NOT EXISTS unstick.access_tokens (
            id VARCHAR(40) NOT NULL PRIMARY KEY,
            name VARCHAR(200) NOT NULL,
            role VARCHAR(10) NOT NULL CHECK (role IN ('viewer', 'worker', 'app', 'operator', 'admin')),
            digest BINARY(32) NOT NULL,
            created_at BIGINT NOT NULL,
            revoked_at BIGINT,
            name_in_force VARCHAR(200) AS (CASE WHEN revoked_at IS NULL THEN name END) VIRTUAL,
            UNIQUE KEY access_tokens_in_force (name_in_force)
        ) \(self.options);

        -- Who is signed in to the admin UI, by the digest of the secret in their cookie.
        CREATE TABLE IF NOT EXISTS unstick.sessions (
            digest BINARY(32) NOT NULL PRIMARY KEY,
            name VARCHAR(200) NOT NULL,
            role VARCHAR(10) NOT NULL,
            -- What they signed in with.
            credential VARCHAR(200) NOT NULL,
            created_at BIGINT NOT NULL,
            seen_at BIGINT NOT NULL,
            expires_at BIGINT NOT NULL
        ) \(self.options);

        -- Who asked for what; written before the act, and completed with what came of it.
        CREATE TABLE IF NOT EXISTS unstick.audit (
            id VARCHAR(40) NOT NULL PRIMARY KEY,
            at BIGINT NOT NULL,
            who VARCHAR(400) NOT NULL,
            role VARCHAR(10),
            door VARCHAR(4) NOT NULL CHECK (door IN ('page', 'api', 'cli')),
            address VARCHAR(100),
            action VARCHAR(100) NOT NULL,
            subject VARCHAR(400),
            detail TEXT,
            outcome TEXT
        ) \(self.options);

        -- What is done with all jobs that match, and where it stands.
        CREATE TABLE IF NOT EXISTS unstick.bulk_actions (
            id VARCHAR(40) NOT NULL PRIMARY KEY,
            kind VARCHAR(10) NOT NULL CHECK (kind IN ('retry', 'fail', 'cancel')),
            filter TEXT NOT NULL,
            asked_by VARCHAR(400) NOT NULL,
            reason TEXT,
            status VARCHAR(10) NOT NULL CHECK (status IN ('RUNNING', 'COMPLETED', 'STOPPED')),
            created_at BIGINT NOT NULL,
            updated_at BIGINT NOT NULL,
            expected BIGINT NOT NULL,
            done BIGINT NOT NULL,
            skipped BIGINT NOT NULL,
            failed BIGINT NOT NULL,
            last_failed_job VARCHAR(200),
            last_error TEXT,
            cursor_moment BIGINT,
            cursor_id VARCHAR(200),
            holder VARCHAR(200),
            lease_until BIGINT NOT NULL,
            KEY bulk_actions_running (status, id)
        ) \(self.options);

        -- Rows of imports that are not booked yet; what a crashed import left is dropped by a later one.
        CREATE TABLE IF NOT EXISTS unstick.staged_jobs (
            import_id VARCHAR(36) NOT NULL,
            id VARCHAR(200) NOT NULL,
            user_id VARCHAR(200) NOT NULL,
            kind VARCHAR(200) NOT NULL,
            tier VARCHAR(200),
            cost BIGINT NOT NULL,
            status VARCHAR(10) NOT NULL,
            attempt BIGINT NOT NULL,
            charge BIGINT NOT NULL,
            created_at BIGINT NOT NULL,
            processing_started_at BIGINT,
            updated_at BIGINT NOT NULL,
            processing_completed_at BIGINT,
            line BIGINT NOT NULL,
            staged_at BIGINT NOT NULL,
            PRIMARY KEY (import_id, id),
            KEY staged_jobs_by_user (import_id, user_id, created_at, id)
        ) \(self.options);
        """
    }

    /// A statement that changes a line is refused; emptying the table needs a right that no role of Unstick has.
    private static let appendOnlyLedger = """
        CREATE TRIGGER IF NOT EXISTS unstick.token_transactions_no_update BEFORE UPDATE ON unstick.token_transactions
            FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the ledger is append-only';
        CREATE TRIGGER IF NOT EXISTS unstick.token_transactions_no_delete BEFORE DELETE ON unstick.token_transactions
            FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the ledger is append-only';
        """
}
