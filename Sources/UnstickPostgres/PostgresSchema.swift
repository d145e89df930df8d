import UnstickSQL

/// The schema on PostgreSQL, in a schema named `unstick`.
///
/// Every key starts with the user, every join between these tables includes the user, and no id is from a sequence, so
/// that the same tables can be distributed by user. Times are milliseconds since 1970 unless noted otherwise.
package enum PostgresSchema {
    package static let name = "unstick"

    package static let migrations = [
        Migration(name: "001 schema", sql: tables),
        Migration(name: "002 append-only ledger", sql: appendOnlyLedger),
        Migration(
            name: "003 interrupted runs",
            index: "runs_running",
            on: "unstick.runs (updated_at) WHERE status = 'RUNNING'"
        ),
        Migration(
            name: "004 last success",
            index: "runs_succeeded",
            on: "unstick.runs (id) WHERE \(RunStatements.succeeded)"
        ),
        Migration(name: "005 kinds", index: "jobs_kinds", on: "unstick.jobs (\(JobStatements.indexedKind))"),
        Migration(name: "006 sources", sql: sources),
        Migration(name: "007 order and kinds of runs", sql: orderOfRuns),
        Migration(name: "008 runs by order", index: "runs_by_order", on: "unstick.runs (ordinal, id)"),
        Migration(
            name: "009 last success by order",
            index: "runs_succeeded_by_order",
            on: "unstick.runs (ordinal, id) WHERE \(RunStatements.succeeded)"
        ),
        Migration(
            name: "010 lines of imports",
            sql: "ALTER TABLE unstick.staged_jobs ADD COLUMN line bigint NOT NULL DEFAULT 0;"
        ),
        Migration(name: "011 what runs did", sql: RunStatements.honestCounts("unstick.runs", integer: "bigint")),
        Migration(name: "012 kept sums", sql: LedgerStatements.keepSums("unstick.balances", integer: "bigint")),
        Migration(
            name: "013 refunds by calls",
            index: "token_transactions_by_calls",
            on: "unstick.token_transactions (created_at, amount) WHERE \(LedgerStatements.isByCall(.postgres))"
        ),
        Migration(
            name: "014 times of sources",
            sql: SourceStatements.addTimes(integer: "bigint", text: "text")
        ),
        Self.step("015 late completions", LateCompletionStatements.tables),
        Self.step("016 holds", HoldStatements.tables),
        Self.step("017 first looks", [FirstLookStatements.table]),
    ]

    /// Runs have an order of their own: their ids follow a clock, which may have been wrong.
    private static let orderOfRuns = """
        ALTER TABLE unstick.runs ADD COLUMN ordinal bigint NOT NULL DEFAULT 0, ADD COLUMN kinds text;
        UPDATE unstick.runs AS r SET ordinal = n.ordinal
            FROM (SELECT id, row_number() OVER (ORDER BY id) AS ordinal FROM unstick.runs) AS n WHERE n.id = r.id;
        DROP INDEX IF EXISTS unstick.runs_succeeded;
        ALTER TABLE unstick.schedules ADD COLUMN seen_at bigint, ADD COLUMN next_due bigint;
        """

    /// The table of the applied steps.
    package static let bookkeeping = """
        CREATE SCHEMA IF NOT EXISTS unstick;
        CREATE TABLE IF NOT EXISTS unstick.migrations (
            name text NOT NULL PRIMARY KEY,
            applied_at bigint NOT NULL
        );
        """

    private static let tables = """
        CREATE TABLE unstick.jobs (
            user_id text NOT NULL,
            id text NOT NULL,
            kind text NOT NULL,
            tier text,
            cost bigint NOT NULL CHECK (cost BETWEEN 0 AND 9007199254740991),
            status text NOT NULL CHECK (status IN ('PENDING', 'PROCESSING', 'COMPLETED', 'FAILED', 'CANCELLED')),
            attempt bigint NOT NULL CHECK (attempt >= 0),
            charge bigint NOT NULL CHECK (charge >= 1),
            created_at bigint NOT NULL,
            -- From when on it may be claimed.
            available_at bigint NOT NULL,
            processing_started_at bigint,
            updated_at bigint NOT NULL,
            processing_completed_at bigint,
            timed_out_after bigint,
            timeouts bigint NOT NULL DEFAULT 0,
            charge_kind text NOT NULL DEFAULT 'CHARGE' CHECK (charge_kind IN ('CHARGE', 'HOLD')),
            tokens_used bigint CHECK (tokens_used BETWEEN 0 AND cost),
            worker text,
            -- Which call claimed it: what an unanswered claim is read back by.
            claim text,
            quarantined_at bigint,
            idempotency_key text,
            error_text text,
            payload json,
            PRIMARY KEY (user_id, id)
        );
        CREATE INDEX jobs_by_user ON unstick.jobs (user_id, created_at, id);
        CREATE INDEX jobs_by_creation ON unstick.jobs (created_at, id);
        CREATE INDEX jobs_stuck ON unstick.jobs (coalesce(processing_started_at, updated_at), id)
            WHERE status = 'PROCESSING';
        CREATE INDEX jobs_pending ON unstick.jobs (created_at, id) WHERE status = 'PENDING';
        CREATE INDEX jobs_failed ON unstick.jobs (created_at, id) WHERE status = 'FAILED';
        CREATE INDEX jobs_queue ON unstick.jobs (kind, available_at, id) WHERE status = 'PENDING';
        -- A distributed table can have no unique index without the user; there a plain one finds the job.
        DO $$ BEGIN
            IF EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'citus') THEN
                CREATE INDEX jobs_by_id ON unstick.jobs (id);
                CREATE INDEX jobs_by_idempotency_key ON unstick.jobs (idempotency_key)
                    WHERE idempotency_key IS NOT NULL;
            ELSE
                CREATE UNIQUE INDEX jobs_by_id ON unstick.jobs (id);
                CREATE UNIQUE INDEX jobs_by_idempotency_key ON unstick.jobs (idempotency_key)
                    WHERE idempotency_key IS NOT NULL;
            END IF;
        END $$;

        -- The last sign of life of each attempt that has given one. Apart from the job, whose row and indices are wide:
        -- with room in the pages and no index on what changes, a beat stays in its page.
        CREATE TABLE unstick.leases (
            user_id text NOT NULL,
            job_id text NOT NULL,
            attempt bigint NOT NULL,
            beat_at bigint NOT NULL,
            progress bigint NOT NULL CHECK (progress BETWEEN 0 AND 1000000),
            message text,
            PRIMARY KEY (user_id, job_id)
        ) WITH (fillfactor = 50);
        CREATE INDEX leases_by_job ON unstick.leases (job_id);

        -- Room in the pages, so that a balance that moves stays in its page and out of its index.
        CREATE TABLE unstick.balances (
            user_id text NOT NULL PRIMARY KEY,
            balance bigint NOT NULL CHECK (balance BETWEEN 0 AND 9007199254740991),
            sequence bigint NOT NULL CHECK (sequence >= 0),
            updated_at bigint NOT NULL
        ) WITH (fillfactor = 70);

        CREATE TABLE unstick.token_transactions (
            user_id text NOT NULL,
            sequence bigint NOT NULL CHECK (sequence >= 1),
            id text NOT NULL,
            amount bigint NOT NULL
                CHECK (amount <> 0 AND amount BETWEEN -9007199254740991 AND 9007199254740991),
            type text NOT NULL CHECK (type IN ('GRANT', 'SPEND', 'REFUND', 'HOLD', 'RELEASE', 'ADJUSTMENT')),
            source text NOT NULL,
            source_id text,
            balance_after bigint NOT NULL CHECK (balance_after BETWEEN 0 AND 9007199254740991),
            metadata json NOT NULL,
            created_at bigint NOT NULL,
            PRIMARY KEY (user_id, id),
            UNIQUE (user_id, sequence)
        );

        -- The exactly-once guard where the balances are somebody else's.
        CREATE TABLE unstick.refunds (
            user_id text NOT NULL,
            id text NOT NULL,
            job_id text NOT NULL,
            amount bigint NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
            run_id text NOT NULL,
            created_at bigint NOT NULL,
            -- Where the team's own billing gives it back: when it was asked to, and when it said that it has.
            asked_at bigint,
            confirmed_at bigint,
            PRIMARY KEY (user_id, id)
        );
        CREATE INDEX refunds_unconfirmed ON unstick.refunds (asked_at)
            WHERE asked_at IS NOT NULL AND confirmed_at IS NULL;

        CREATE TABLE unstick.runs (
            id text NOT NULL PRIMARY KEY,
            "trigger" text NOT NULL,
            status text NOT NULL CHECK (status IN ('RUNNING', 'COMPLETED', 'FAILED', 'HELD')),
            dry_run boolean NOT NULL,
            timeout_ms bigint,
            batch_size bigint NOT NULL,
            total_found bigint NOT NULL,
            cleaned_up bigint NOT NULL,
            retried bigint NOT NULL,
            failed bigint NOT NULL,
            tokens_refunded bigint NOT NULL,
            more boolean NOT NULL,
            error text,
            started_at bigint NOT NULL,
            updated_at bigint NOT NULL,
            duration_ms bigint
        );

        -- The batch in hand is a run's newest items.
        CREATE TABLE unstick.run_items (
            user_id text NOT NULL,
            job_id text NOT NULL,
            run_id text NOT NULL,
            position bigint NOT NULL,
            kind text NOT NULL,
            tier text,
            attempt bigint NOT NULL,
            charge bigint NOT NULL,
            -- Microseconds since 1970: somebody else's tables may keep them, and a cursor must be exact.
            since bigint NOT NULL,
            duration bigint NOT NULL,
            amount bigint NOT NULL CHECK (amount BETWEEN 0 AND 9007199254740991),
            action text NOT NULL CHECK (action IN (\(RunStatements.actions))),
            hold boolean NOT NULL DEFAULT false,
            error text,
            rule text NOT NULL,
            limit_kind text NOT NULL CHECK (limit_kind IN ('timeout', 'heartbeat', 'pending', 'deadline')),
            limit_ms bigint NOT NULL,
            measured_ms bigint NOT NULL,
            worker text,
            retry_at bigint,
            PRIMARY KEY (user_id, job_id, run_id)
        );
        CREATE INDEX run_items_by_run ON unstick.run_items (run_id, position);

        -- What others are told, but for what a pass did with a job: there its run item is the event.
        CREATE TABLE unstick.events (
            user_id text NOT NULL,
            id text NOT NULL,
            type text NOT NULL,
            subject text,
            payload text NOT NULL,
            created_at bigint NOT NULL,
            PRIMARY KEY (user_id, id)
        );
        CREATE INDEX events_by_id ON unstick.events (id);

        CREATE TABLE unstick.webhook_endpoints (
            id text NOT NULL PRIMARY KEY,
            url text NOT NULL,
            events text NOT NULL,
            note text,
            source text NOT NULL CHECK (source IN ('api', 'file')),
            -- A key that signs: it cannot be kept as a digest.
            secret text NOT NULL,
            previous_secret text,
            previous_until bigint,
            created_at bigint NOT NULL,
            disabled_at bigint,
            disabled_reason text,
            failing_since bigint,
            -- Not called before this.
            resume_at bigint
        );

        -- The types that each endpoint is told of, its patterns spelled out.
        CREATE TABLE unstick.webhook_subscriptions (
            type text NOT NULL,
            endpoint_id text NOT NULL,
            PRIMARY KEY (type, endpoint_id)
        );

        -- Each event on its way to each endpoint. It names its event, or the run item that is one.
        CREATE TABLE unstick.webhook_deliveries (
            user_id text NOT NULL,
            event_id text NOT NULL,
            endpoint_id text NOT NULL,
            type text NOT NULL,
            -- What is delivered in order: a job, or an event alone.
            subject text NOT NULL,
            run_id text,
            position bigint,
            created_at bigint NOT NULL,
            status text NOT NULL CHECK (status IN ('PENDING', 'DELIVERED', 'DEAD')),
            attempts bigint NOT NULL,
            -- Not tried before this, and taken by nobody else either.
            next_at bigint NOT NULL,
            claim text,
            last_status bigint,
            last_error text,
            last_ms bigint,
            ended_at bigint,
            trace_parent text,
            PRIMARY KEY (user_id, event_id, endpoint_id)
        );
        CREATE INDEX webhook_deliveries_by_event ON unstick.webhook_deliveries (event_id, endpoint_id);
        CREATE INDEX webhook_deliveries_due ON unstick.webhook_deliveries (endpoint_id, next_at, event_id)
            WHERE status = 'PENDING';
        CREATE INDEX webhook_deliveries_dead ON unstick.webhook_deliveries (endpoint_id, event_id) WHERE status = 'DEAD';
        CREATE INDEX webhook_deliveries_by_subject ON unstick.webhook_deliveries (subject, endpoint_id, event_id);

        CREATE TABLE unstick.alerts (
            name text NOT NULL PRIMARY KEY,
            phase text NOT NULL CHECK (phase IN ('ok', 'rising', 'firing', 'falling')),
            since bigint NOT NULL,
            firing_since bigint,
            value double precision NOT NULL,
            threshold double precision NOT NULL,
            summary text NOT NULL,
            updated_at bigint NOT NULL
        );

        CREATE TABLE unstick.schedules (
            name text NOT NULL PRIMARY KEY,
            last_due bigint,
            holder text,
            lease_until bigint
        );

        -- One row while cleaning is paused.
        CREATE TABLE unstick.pauses (
            name text NOT NULL PRIMARY KEY,
            paused_until bigint NOT NULL,
            paused_by text NOT NULL
        );

        CREATE TABLE unstick.access_tokens (
            id text NOT NULL PRIMARY KEY,
            name text NOT NULL,
            role text NOT NULL CHECK (role IN ('viewer', 'worker', 'app', 'operator', 'admin')),
            digest bytea NOT NULL CHECK (length(digest) = 32),
            created_at bigint NOT NULL,
            revoked_at bigint
        );
        CREATE UNIQUE INDEX access_tokens_in_force ON unstick.access_tokens (name) WHERE revoked_at IS NULL;

        -- Who is signed in to the page, by the digest of their cookie's secret.
        CREATE TABLE unstick.sessions (
            digest bytea NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
            name text NOT NULL,
            role text NOT NULL,
            -- What they signed in with.
            credential text NOT NULL,
            created_at bigint NOT NULL,
            seen_at bigint NOT NULL,
            expires_at bigint NOT NULL
        );

        -- Who asked for what; written before the act, and completed with what came of it.
        CREATE TABLE unstick.audit (
            id text NOT NULL PRIMARY KEY,
            at bigint NOT NULL,
            who text NOT NULL,
            role text,
            door text NOT NULL CHECK (door IN ('page', 'api', 'cli')),
            address text,
            action text NOT NULL,
            subject text,
            detail text,
            outcome text
        );

        -- What is done with all jobs that match, and where it stands.
        CREATE TABLE unstick.bulk_actions (
            id text NOT NULL PRIMARY KEY,
            kind text NOT NULL CHECK (kind IN ('retry', 'fail', 'cancel')),
            filter text NOT NULL,
            asked_by text NOT NULL,
            reason text,
            status text NOT NULL CHECK (status IN ('RUNNING', 'COMPLETED', 'STOPPED')),
            created_at bigint NOT NULL,
            updated_at bigint NOT NULL,
            expected bigint NOT NULL,
            done bigint NOT NULL,
            skipped bigint NOT NULL,
            failed bigint NOT NULL,
            last_failed_job text,
            last_error text,
            cursor_moment bigint,
            cursor_id text,
            holder text,
            lease_until bigint NOT NULL
        );
        CREATE INDEX bulk_actions_running ON unstick.bulk_actions (id) WHERE status = 'RUNNING';

        -- Rows of imports that are not booked yet; what a crashed import left is dropped by a later one.
        CREATE UNLOGGED TABLE unstick.staged_jobs (
            import_id text NOT NULL,
            user_id text NOT NULL,
            id text NOT NULL,
            kind text NOT NULL,
            tier text,
            cost bigint NOT NULL,
            status text NOT NULL,
            attempt bigint NOT NULL,
            charge bigint NOT NULL,
            created_at bigint NOT NULL,
            processing_started_at bigint,
            updated_at bigint NOT NULL,
            processing_completed_at bigint,
            staged_at bigint NOT NULL,
            PRIMARY KEY (import_id, id)
        );
        CREATE INDEX staged_jobs_by_user ON unstick.staged_jobs (import_id, user_id, created_at, id);
        """

    /// A trigger, if the engine supports it on such tables; Citus refuses it on distributed ones.
    private static let appendOnlyLedger = """
        DO $$ BEGIN
            IF NOT EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'citus') THEN
                CREATE FUNCTION unstick.refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS
                    'BEGIN RAISE EXCEPTION ''the ledger is append-only''; END';
                CREATE TRIGGER token_transactions_append_only
                    BEFORE UPDATE OR DELETE OR TRUNCATE ON unstick.token_transactions
                    FOR EACH STATEMENT EXECUTE FUNCTION unstick.refuse_ledger_change();
            END IF;
        END $$;
        """

    /// Roles that may clean get the rights for the new tables.
    private static let sources = """
        CREATE TABLE unstick.sources (
            id text NOT NULL PRIMARY KEY CHECK (id ~ '^[a-z0-9]+$'),
            name text NOT NULL UNIQUE,
            -- Where the jobs were when the mapping was last used.
            "database" text NOT NULL,
            "schema" text NOT NULL,
            "table" text NOT NULL,
            -- Whose keys those are that were made before there were sources.
            old_keys text NOT NULL CHECK (old_keys IN ('none', 'assumed', 'unknown', 'owned')),
            created_at bigint NOT NULL
        );
        ALTER TABLE unstick.run_items ADD COLUMN source text;
        ALTER TABLE unstick.refunds ADD COLUMN source text;
        DO $$ DECLARE cleaner regrole; BEGIN
            FOR cleaner IN SELECT DISTINCT a.grantee FROM pg_catalog.pg_class AS c, aclexplode(c.relacl) AS a
                WHERE c.oid = 'unstick.run_items'::regclass AND a.privilege_type = 'INSERT'
                    AND a.grantee <> c.relowner AND a.grantee <> 0
            LOOP
                EXECUTE format('GRANT DELETE ON unstick.run_items TO %s', cleaner);
                EXECUTE format('GRANT SELECT, INSERT, UPDATE ON unstick.sources TO %s', cleaner);
            END LOOP;
        END $$;
        """

    /// A step that creates tables; roles that may read or clean get their rights on them.
    private static func step(_ name: String, _ tables: [NewTable]) -> Migration {
        let names = tables.map { String($0.name.dropFirst("unstick.".count)) }
        let reading = names.map { "GRANT SELECT ON unstick.\($0)" }
        let writing = names.map { name in
            let rights = TableRights.writing.filter { $0.tables.contains(name) }.flatMap(\.rights)
            return "GRANT \(rights.joined(separator: ", ")) ON unstick.\(name)"
        }
        return Migration(
            name: name,
            sql: ([tables.map(PostgresDialect().creation).joined(separator: "\n")]
                + [("SELECT", reading), ("INSERT", writing)].map { Self.extend($1, toRolesWith: $0) })
                .joined(separator: "\n")
        )
    }

    /// Grants rights to the roles that have a right on run items.
    private static func extend(_ grants: [String], toRolesWith right: String) -> String {
        """
        DO $$ DECLARE member regrole; BEGIN
            FOR member IN SELECT DISTINCT a.grantee FROM pg_catalog.pg_class AS c, aclexplode(c.relacl) AS a
                WHERE c.oid = 'unstick.run_items'::regclass AND a.privilege_type = '\(right)'
                    AND a.grantee <> c.relowner AND a.grantee <> 0
            LOOP
                \(grants.map { "EXECUTE format('\($0) TO %s', member);" }.joined(separator: "\n        "))
            END LOOP;
        END $$;
        """
    }

    /// The rights that a role needs for everything but migrations.
    ///
    /// The ledger can be read and appended to, never changed.
    package static func grants(to role: String) -> String {
        let role = "\"" + role.replacing("\"", with: "\"\"") + "\""
        let reading = [
            "GRANT USAGE ON SCHEMA unstick TO \(role);", "GRANT SELECT ON ALL TABLES IN SCHEMA unstick TO \(role);",
        ]
        let writing = TableRights.writing.map { rights, tables in
            let list = tables.map { "unstick." + $0 }.joined(separator: ", ")
            return "GRANT \(rights.joined(separator: ", ")) ON \(list) TO \(role);"
        }
        return (reading + writing).joined(separator: "\n")
    }
}
