import UnstickSQL

/// The schema on SQLite.
///
/// Times are milliseconds since 1970, amounts whole tokens. A database that is distributed by user starts every key
/// with the user; here a key starts with what is new together, because a batch costs what it touches in pages: run
/// items with the run, ledger lines with their id (`refund:…` is one narrow range). Measured at batch 1,000, a ledger
/// keyed by user first made a run 1.6 times as slow.
package enum SQLiteSchema {
    package static let migrations = steps.map { $0.named(.plain) }

    /// The steps, which name tables and indexes as statements do.
    static let steps = [
        Migration(name: "001 schema", sql: tables),
        Migration(name: "002 append-only ledger", sql: appendOnlyLedger),
        Migration(
            name: "003 last success",
            sql: "CREATE INDEX unstick.runs_succeeded ON unstick.runs (id) WHERE \(RunStatements.succeeded)"
        ),
        Migration(
            name: "004 kinds",
            sql: "CREATE INDEX unstick.jobs_kinds ON unstick.jobs (\(JobStatements.indexedKind))"
        ),
        Migration(name: "005 sources", sql: "ALTER TABLE unstick.run_items ADD COLUMN source TEXT"),
        Migration(name: "006 order and kinds of runs", sql: orderOfRuns),
        Migration(name: "007 what runs did", sql: RunStatements.honestCounts("unstick.runs", integer: "INTEGER")),
        Migration(name: "008 kept sums", sql: LedgerStatements.keepSums("unstick.balances", integer: "INTEGER")),
        Migration(
            name: "009 refunds by calls",
            sql: """
                CREATE INDEX unstick.token_transactions_by_calls ON unstick.token_transactions (created_at, amount)
                WHERE \(LedgerStatements.isByCall(.sqlite))
                """
        ),
        Migration(
            name: "010 reservations in runs",
            sql: "ALTER TABLE unstick.run_items ADD COLUMN hold INTEGER NOT NULL DEFAULT 0"
        ),
        Migration(name: "011 late completions", tables: LateCompletionStatements.tables, .sqlite),
        Migration(name: "012 holds", tables: HoldStatements.tables, .sqlite),
        Migration(name: "013 first looks", tables: [FirstLookStatements.table], .sqlite),
    ]

    /// The steps only for a team's file.
    static let attached = [
        Migration(name: "attached 001 refunds and sources", sql: refundsAndSources),
        Migration(
            name: "attached 002 times of sources",
            sql: SourceStatements.addTimes(integer: "INTEGER", text: "TEXT")
        ),
    ]

    /// The keys of refunds, and the sources of mappings.
    private static let refundsAndSources = """
        CREATE TABLE unstick.refunds (
            user_id TEXT NOT NULL,
            id TEXT NOT NULL,
            job_id TEXT NOT NULL,
            source TEXT,
            amount INTEGER NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
            run_id TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            -- Where the team's own billing refunds: when it was asked to, and when it said that it has.
            asked_at INTEGER,
            confirmed_at INTEGER,
            PRIMARY KEY (id, user_id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX unstick.refunds_unconfirmed ON unstick.refunds (asked_at)
            WHERE asked_at IS NOT NULL AND confirmed_at IS NULL;
        CREATE TABLE unstick.sources (
            id TEXT NOT NULL PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            -- Where the jobs were when the mapping was last used.
            "database" TEXT NOT NULL,
            "schema" TEXT NOT NULL,
            "table" TEXT NOT NULL,
            old_keys TEXT NOT NULL CHECK (old_keys IN ('none', 'assumed', 'unknown', 'owned')),
            created_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        """

    /// Runs have an order of their own: their ids follow a clock, which may have been wrong.
    private static let orderOfRuns = """
        ALTER TABLE unstick.runs ADD COLUMN ordinal INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE unstick.runs ADD COLUMN kinds TEXT;
        UPDATE unstick.runs SET ordinal = n.ordinal
            FROM (SELECT id, row_number() OVER (ORDER BY id) AS ordinal FROM unstick.runs) AS n WHERE n.id = unstick.runs.id;
        DROP INDEX unstick.runs_succeeded;
        CREATE INDEX unstick.runs_by_order ON unstick.runs (ordinal, id);
        CREATE INDEX unstick.runs_succeeded ON unstick.runs (ordinal, id) WHERE \(RunStatements.succeeded);
        ALTER TABLE unstick.schedules ADD COLUMN seen_at INTEGER;
        ALTER TABLE unstick.schedules ADD COLUMN next_due INTEGER;
        """

    private static let tables = """
        CREATE TABLE unstick.jobs (
            id TEXT NOT NULL PRIMARY KEY,
            user_id TEXT NOT NULL,
            kind TEXT NOT NULL,
            tier TEXT,
            cost INTEGER NOT NULL CHECK (cost BETWEEN 0 AND 9007199254740991),
            status TEXT NOT NULL CHECK (status IN ('PENDING', 'PROCESSING', 'COMPLETED', 'FAILED', 'CANCELLED')),
            attempt INTEGER NOT NULL CHECK (attempt >= 0),
            charge INTEGER NOT NULL CHECK (charge >= 1),
            created_at INTEGER NOT NULL,
            -- From when on it may be claimed.
            available_at INTEGER NOT NULL,
            processing_started_at INTEGER,
            updated_at INTEGER NOT NULL,
            processing_completed_at INTEGER,
            timeouts INTEGER NOT NULL DEFAULT 0,
            charge_kind TEXT NOT NULL DEFAULT 'CHARGE' CHECK (charge_kind IN ('CHARGE', 'HOLD')),
            tokens_used INTEGER CHECK (tokens_used BETWEEN 0 AND cost),
            worker TEXT,
            quarantined_at INTEGER,
            idempotency_key TEXT,
            -- A row that grows by a sentence splits its page: a time-out keeps its milliseconds, said when it is read.
            timed_out_after INTEGER,
            error_text TEXT,
            payload TEXT
        ) STRICT;
        CREATE INDEX unstick.jobs_by_user ON unstick.jobs (user_id, created_at, id);
        CREATE INDEX unstick.jobs_by_creation ON unstick.jobs (created_at, id);
        CREATE INDEX unstick.jobs_stuck ON unstick.jobs (coalesce(processing_started_at, updated_at), id) WHERE status = 'PROCESSING';
        CREATE INDEX unstick.jobs_pending ON unstick.jobs (created_at, id) WHERE status = 'PENDING';
        CREATE INDEX unstick.jobs_failed ON unstick.jobs (created_at, id) WHERE status = 'FAILED';
        CREATE INDEX unstick.jobs_queue ON unstick.jobs (kind, available_at, id) WHERE status = 'PENDING';
        CREATE UNIQUE INDEX unstick.jobs_by_idempotency_key ON unstick.jobs (idempotency_key) WHERE idempotency_key IS NOT NULL;

        -- The last sign of life of each attempt that has given one. Apart from the job, whose row and indices are wide.
        CREATE TABLE unstick.leases (
            job_id TEXT NOT NULL PRIMARY KEY,
            user_id TEXT NOT NULL,
            attempt INTEGER NOT NULL,
            beat_at INTEGER NOT NULL,
            progress INTEGER NOT NULL CHECK (progress BETWEEN 0 AND 1000000),
            message TEXT
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE unstick.balances (
            user_id TEXT NOT NULL PRIMARY KEY,
            balance INTEGER NOT NULL CHECK (balance BETWEEN 0 AND 9007199254740991),
            sequence INTEGER NOT NULL CHECK (sequence >= 0),
            updated_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE unstick.token_transactions (
            user_id TEXT NOT NULL,
            sequence INTEGER NOT NULL CHECK (sequence >= 1),
            id TEXT NOT NULL,
            amount INTEGER NOT NULL
                CHECK (amount <> 0 AND amount BETWEEN -9007199254740991 AND 9007199254740991),
            type TEXT NOT NULL CHECK (type IN ('GRANT', 'SPEND', 'REFUND', 'HOLD', 'RELEASE', 'ADJUSTMENT')),
            source TEXT NOT NULL,
            source_id TEXT,
            balance_after INTEGER NOT NULL CHECK (balance_after BETWEEN 0 AND 9007199254740991),
            metadata TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            PRIMARY KEY (id, user_id),
            UNIQUE (user_id, sequence)
        ) STRICT;

        CREATE TABLE unstick.runs (
            id TEXT NOT NULL PRIMARY KEY,
            "trigger" TEXT NOT NULL,
            status TEXT NOT NULL CHECK (status IN ('RUNNING', 'COMPLETED', 'FAILED', 'HELD')),
            dry_run INTEGER NOT NULL CHECK (dry_run IN (0, 1)),
            timeout_ms INTEGER,
            batch_size INTEGER NOT NULL,
            total_found INTEGER NOT NULL,
            cleaned_up INTEGER NOT NULL,
            retried INTEGER NOT NULL,
            failed INTEGER NOT NULL,
            tokens_refunded INTEGER NOT NULL,
            more INTEGER NOT NULL CHECK (more IN (0, 1)),
            error TEXT,
            started_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            duration_ms INTEGER
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE unstick.run_items (
            run_id TEXT NOT NULL,
            position INTEGER NOT NULL,
            user_id TEXT NOT NULL,
            job_id TEXT NOT NULL,
            kind TEXT NOT NULL,
            tier TEXT,
            attempt INTEGER NOT NULL,
            charge INTEGER NOT NULL,
            since INTEGER NOT NULL,
            duration INTEGER NOT NULL,
            amount INTEGER NOT NULL,
            action TEXT NOT NULL CHECK (action IN (\(RunStatements.actions))),
            error TEXT,
            rule TEXT NOT NULL,
            limit_kind TEXT NOT NULL CHECK (limit_kind IN ('timeout', 'heartbeat', 'pending', 'deadline')),
            limit_ms INTEGER NOT NULL,
            measured_ms INTEGER NOT NULL,
            worker TEXT,
            retry_at INTEGER,
            PRIMARY KEY (run_id, position)
        ) STRICT, WITHOUT ROWID;

        -- What others are told, but for what a pass did with a job: there its run item is the event.
        CREATE TABLE unstick.events (
            id TEXT NOT NULL PRIMARY KEY,
            type TEXT NOT NULL,
            user_id TEXT NOT NULL,
            subject TEXT,
            payload TEXT NOT NULL,
            created_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE unstick.webhook_endpoints (
            id TEXT NOT NULL PRIMARY KEY,
            url TEXT NOT NULL,
            events TEXT NOT NULL,
            note TEXT,
            source TEXT NOT NULL CHECK (source IN ('api', 'file')),
            -- A key that signs: it cannot be kept as a digest.
            secret TEXT NOT NULL,
            previous_secret TEXT,
            previous_until INTEGER,
            created_at INTEGER NOT NULL,
            disabled_at INTEGER,
            disabled_reason TEXT,
            failing_since INTEGER,
            -- Not called before this.
            resume_at INTEGER
        ) STRICT, WITHOUT ROWID;

        -- The types that each endpoint is told of, its patterns spelled out.
        CREATE TABLE unstick.webhook_subscriptions (
            type TEXT NOT NULL,
            endpoint_id TEXT NOT NULL,
            PRIMARY KEY (type, endpoint_id)
        ) STRICT, WITHOUT ROWID;

        -- Each event on its way to each endpoint. It names its event, or the run item that is one.
        CREATE TABLE unstick.webhook_deliveries (
            event_id TEXT NOT NULL,
            endpoint_id TEXT NOT NULL,
            user_id TEXT NOT NULL,
            type TEXT NOT NULL,
            -- What is delivered in order: a job, or an event alone.
            subject TEXT NOT NULL,
            run_id TEXT,
            position INTEGER,
            created_at INTEGER NOT NULL,
            status TEXT NOT NULL CHECK (status IN ('PENDING', 'DELIVERED', 'DEAD')),
            attempts INTEGER NOT NULL,
            -- Not tried before this, and taken by nobody else either.
            next_at INTEGER NOT NULL,
            claim TEXT,
            last_status INTEGER,
            last_error TEXT,
            last_ms INTEGER,
            ended_at INTEGER,
            trace_parent TEXT,
            PRIMARY KEY (event_id, endpoint_id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX unstick.webhook_deliveries_due ON unstick.webhook_deliveries (endpoint_id, next_at, event_id)
            WHERE status = 'PENDING';
        CREATE INDEX unstick.webhook_deliveries_dead ON unstick.webhook_deliveries (endpoint_id, event_id) WHERE status = 'DEAD';
        CREATE INDEX unstick.webhook_deliveries_by_subject ON unstick.webhook_deliveries (subject, endpoint_id, event_id);

        CREATE TABLE unstick.alerts (
            name TEXT NOT NULL PRIMARY KEY,
            phase TEXT NOT NULL CHECK (phase IN ('ok', 'rising', 'firing', 'falling')),
            since INTEGER NOT NULL,
            firing_since INTEGER,
            value REAL NOT NULL,
            threshold REAL NOT NULL,
            summary TEXT NOT NULL,
            updated_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE unstick.schedules (
            name TEXT NOT NULL PRIMARY KEY,
            last_due INTEGER,
            holder TEXT,
            lease_until INTEGER
        ) STRICT, WITHOUT ROWID;

        -- One row while cleaning is paused.
        CREATE TABLE unstick.pauses (
            name TEXT NOT NULL PRIMARY KEY,
            paused_until INTEGER NOT NULL,
            paused_by TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE unstick.access_tokens (
            id TEXT NOT NULL PRIMARY KEY,
            name TEXT NOT NULL,
            role TEXT NOT NULL CHECK (role IN ('viewer', 'worker', 'app', 'operator', 'admin')),
            digest BLOB NOT NULL CHECK (length(digest) = 32),
            created_at INTEGER NOT NULL,
            revoked_at INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE UNIQUE INDEX unstick.access_tokens_in_force ON unstick.access_tokens (name) WHERE revoked_at IS NULL;

        -- Who is signed in to the page, by the digest of their cookie's secret.
        CREATE TABLE unstick.sessions (
            digest BLOB NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
            name TEXT NOT NULL,
            role TEXT NOT NULL,
            -- What they signed in with.
            credential TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            seen_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        -- Who asked for what; written before the act, and completed with what came of it.
        CREATE TABLE unstick.audit (
            id TEXT NOT NULL PRIMARY KEY,
            at INTEGER NOT NULL,
            who TEXT NOT NULL,
            role TEXT,
            door TEXT NOT NULL CHECK (door IN ('page', 'api', 'cli')),
            address TEXT,
            action TEXT NOT NULL,
            subject TEXT,
            detail TEXT,
            outcome TEXT
        ) STRICT, WITHOUT ROWID;

        -- What is done with all jobs that match, and where it stands.
        CREATE TABLE unstick.bulk_actions (
            id TEXT NOT NULL PRIMARY KEY,
            kind TEXT NOT NULL CHECK (kind IN ('retry', 'fail', 'cancel')),
            filter TEXT NOT NULL,
            asked_by TEXT NOT NULL,
            reason TEXT,
            status TEXT NOT NULL CHECK (status IN ('RUNNING', 'COMPLETED', 'STOPPED')),
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            expected INTEGER NOT NULL,
            done INTEGER NOT NULL,
            skipped INTEGER NOT NULL,
            failed INTEGER NOT NULL,
            last_failed_job TEXT,
            last_error TEXT,
            cursor_moment INTEGER,
            cursor_id TEXT,
            holder TEXT,
            lease_until INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX unstick.bulk_actions_running ON unstick.bulk_actions (id) WHERE status = 'RUNNING';
        """

    private static let appendOnlyLedger = """
        CREATE TRIGGER unstick.token_transactions_no_update BEFORE UPDATE ON unstick.token_transactions
        BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
        CREATE TRIGGER unstick.token_transactions_no_delete BEFORE DELETE ON unstick.token_transactions
        BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
        """

    /// The table in which an import stores its rows until they are booked.
    ///
    /// Temporary: other connections never see it.
    package static let staging = """
        CREATE TEMP TABLE staged_jobs (
            id TEXT NOT NULL PRIMARY KEY,
            user_id TEXT NOT NULL,
            kind TEXT NOT NULL,
            tier TEXT,
            cost INTEGER NOT NULL,
            status TEXT NOT NULL,
            attempt INTEGER NOT NULL,
            charge INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            processing_started_at INTEGER,
            updated_at INTEGER NOT NULL,
            processing_completed_at INTEGER,
            line INTEGER NOT NULL
        ) STRICT;
        """

    package static let stage = """
        INSERT INTO temp.staged_jobs (\(ImportStatements.columns), line)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (id) DO NOTHING
        """

    /// The place of the row with an id.
    package static let stagedLine = "SELECT line FROM temp.staged_jobs WHERE id = ?"

    /// Built after all rows are staged.
    package static let stagingIndex = "CREATE INDEX temp.staged_by_user ON staged_jobs (user_id, created_at, id)"

    package static let dropStaging = "DROP TABLE IF EXISTS temp.staged_jobs"
}
