extension MetricFamily {
    /// All declared metrics: the names, labels and buckets that dashboards and alerts use.
    public static let unstick: [MetricFamily] =
        cleanupCounters + cleanupGauges + jobs + ledger + webhooks + database + server

    private static let cleanupCounters: [MetricFamily] = [
        MetricFamily(
            name: "unstick_cleanup_runs_total",
            kind: .counter,
            help: "Cleanup runs, by what started them and how they ended: completed, failed, held or dry_run.",
            labels: ["trigger", "outcome"]
        ),
        MetricFamily(
            name: "unstick_cleanup_missed_total",
            kind: .counter,
            help: "Scheduled cleanup runs that did not start when they were due."
        ),
        MetricFamily(
            name: "unstick_jobs_cleaned_total",
            kind: .counter,
            help: "Stuck jobs that were processed, by kind, tier and action: failed, failed_and_refunded, "
                + "retried, quarantined or reported.",
            labels: ["kind", "tier", "outcome"]
        ),
        MetricFamily(
            name: "unstick_jobs_not_cleaned_total",
            kind: .counter,
            help: "Stuck jobs that a run tried to clean and could not."
        ),
        MetricFamily(
            name: "unstick_lost_races_total",
            kind: .counter,
            help: "Writes that changed nothing because another caller had changed the job first, by operation.",
            labels: ["operation"]
        ),
        MetricFamily(
            name: "unstick_late_completions_total",
            kind: .counter,
            help: "Attempts that a worker completed after a run had timed them out, each once, by kind and outcome: "
                + "refused or accepted.",
            labels: ["kind", "outcome"]
        ),
        MetricFamily(
            name: "unstick_cleanup_duration_seconds",
            kind: .histogram,
            help: "How long cleanup runs took, by what started them.",
            labels: ["trigger"],
            buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600]
        ),
    ]

    private static let cleanupGauges: [MetricFamily] = [
        MetricFamily(
            name: "unstick_cleanup_last_success_timestamp_seconds",
            kind: .gauge,
            help: "When a cleanup run last completed, in seconds since 1970."
        ),
        MetricFamily(
            name: "unstick_cleanup_interval_seconds",
            kind: .gauge,
            help: "The longest time between two scheduled cleanup runs; 0 without a schedule."
        ),
        MetricFamily(name: "unstick_cleanup_paused", kind: .gauge, help: "Whether cleanup is paused: 1 or 0."),
        MetricFamily(name: "unstick_open_holds", kind: .gauge, help: "Holds that wait for an operator."),
        MetricFamily(
            name: "unstick_cleanup_backlog_jobs",
            kind: .gauge,
            help: "Stuck jobs that the last run left for the next one."
        ),
        MetricFamily(
            name: "unstick_stuck_jobs",
            kind: .gauge,
            help: "Jobs that are stuck now, by kind.",
            labels: ["kind"]
        ),
        MetricFamily(
            name: "unstick_stuck_oldest_age_seconds",
            kind: .gauge,
            help: "How long the job that has been stuck longest has been running, by kind.",
            labels: ["kind"]
        ),
        MetricFamily(name: "unstick_running_jobs", kind: .gauge, help: "Jobs that are running now, stuck or not."),
        MetricFamily(
            name: "unstick_alert_firing",
            kind: .gauge,
            help: "Whether an alert of the server itself is firing: 1 or 0, by alert.",
            labels: ["alert"]
        ),
    ]

    private static let jobs: [MetricFamily] = [
        MetricFamily(
            name: "unstick_jobs_claimed_total",
            kind: .counter,
            help: "Jobs that workers have claimed, by kind.",
            labels: ["kind"]
        ),
        MetricFamily(
            name: "unstick_jobs_ended_total",
            kind: .counter,
            help:
                "Attempts that ended, by tier and outcome: completed, failed, retried or cancelled by a worker's or an app's "
                + "call, or timed_out by a run.",
            labels: ["tier", "outcome"]
        ),
        MetricFamily(
            name: "unstick_heartbeats_total",
            kind: .counter,
            help: "Heartbeats of workers, by outcome.",
            labels: ["outcome"]
        ),
    ]

    private static let ledger: [MetricFamily] = [
        MetricFamily(
            name: "unstick_tokens_refunded_total",
            kind: .counter,
            help: "Tokens refunded to users, by runs and by calls."
        ),
        MetricFamily(
            name: "unstick_ledger_mismatches_found_total",
            kind: .counter,
            help: "Mismatches between balances and the ledger that checks have found."
        ),
        MetricFamily(
            name: "unstick_ledger_mismatches",
            kind: .gauge,
            help: "Mismatches between balances and the ledger in the last check."
        ),
    ]

    private static let webhooks: [MetricFamily] = [
        MetricFamily(
            name: "unstick_webhook_deliveries_total",
            kind: .counter,
            help: "Attempts to deliver to a webhook, by outcome.",
            labels: ["outcome"]
        ),
        MetricFamily(
            name: "unstick_webhook_deliveries_waiting",
            kind: .gauge,
            help: "Webhook deliveries that wait to be sent, for the first time or again."
        ),
        MetricFamily(
            name: "unstick_webhook_oldest_waiting_seconds",
            kind: .gauge,
            help: "How long the oldest waiting webhook delivery has waited."
        ),
        MetricFamily(
            name: "unstick_webhook_endpoints_failing",
            kind: .gauge,
            help: "Webhook endpoints whose every call fails, or that are disabled while deliveries wait."
        ),
        MetricFamily(
            name: "unstick_webhook_delivery_duration_seconds",
            kind: .histogram,
            help: "How long attempts to deliver to a webhook took.",
            buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
        ),
    ]

    private static let database: [MetricFamily] = [
        MetricFamily(
            name: "unstick_database_errors_total",
            kind: .counter,
            help: "Requests to the database that failed, by reason.",
            labels: ["reason"]
        ),
        MetricFamily(
            name: "unstick_database_connections",
            kind: .gauge,
            help: "Connections to the database, by state: idle, busy or waited for.",
            labels: ["state"]
        ),
        MetricFamily(
            name: "unstick_database_request_duration_seconds",
            kind: .histogram,
            help: "How long requests to the database took, by operation.",
            labels: ["operation"],
            buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
        ),
    ]

    private static let server: [MetricFamily] = [
        MetricFamily(
            name: "unstick_http_requests_total",
            kind: .counter,
            help: "HTTP requests that were answered, by route, method and status.",
            labels: ["route", "method", "status"]
        ),
        MetricFamily(
            name: "unstick_http_request_duration_seconds",
            kind: .histogram,
            help: "How long HTTP requests took to answer, by route.",
            labels: ["route"],
            buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
        ),
        MetricFamily(name: "unstick_http_connections", kind: .gauge, help: "Connections that are open."),
        MetricFamily(
            name: "unstick_http_connections_refused_total",
            kind: .counter,
            help: "Connections that were closed at once, by reason: too_many_of_address or too_many.",
            labels: ["reason"]
        ),
        MetricFamily(
            name: "unstick_access_refused_total",
            kind: .counter,
            help: "Calls that were refused, by reason: missing, credential, cron_secret, role or sign_in.",
            labels: ["reason"]
        ),
        MetricFamily(
            name: "unstick_build_info",
            kind: .gauge,
            help: "The version that is running; always 1.",
            labels: ["version"]
        ),
    ]
}
