import Mustache

/// The templates of the page, compiled in.
struct Templates: Sendable {
    private let library: MustacheLibrary

    /// They are parsed once for the process.
    private static let read = Result {
        var library = MustacheLibrary()
        for (name, bytes) in Self.sources {
            try library.register(String(decoding: bytes, as: UTF8.self), named: name)
        }
        return library
    }

    /// - Throws: where a template cannot be parsed.
    init() throws {
        self.library = try Self.read.get()
    }

    func render<Content>(_ frame: PageFrame<Content>) -> String {
        self.library.render(frame, withTemplate: Content.template) ?? ""
    }
}

extension Templates {
    /// Each template by the name of its file.
    static let sources: [String: [UInt8]] = [
        "account": PackageResources.account_mustache,
        "ages": PackageResources.ages_mustache,
        "alerts": PackageResources.alerts_mustache,
        "audit": PackageResources.audit_mustache,
        "audit-row": PackageResources.audit_row_mustache,
        "book-forms": PackageResources.book_forms_mustache,
        "bulk": PackageResources.bulk_mustache,
        "bulk-bar": PackageResources.bulk_bar_mustache,
        "bulk-form": PackageResources.bulk_form_mustache,
        "bulk-job": PackageResources.bulk_job_mustache,
        "bulk-new": PackageResources.bulk_new_mustache,
        "bulk-state": PackageResources.bulk_state_mustache,
        "bulks": PackageResources.bulks_mustache,
        "chips": PackageResources.chips_mustache,
        "clean-fields": PackageResources.clean_fields_mustache,
        "clean-form": PackageResources.clean_form_mustache,
        "confirm": PackageResources.confirm_mustache,
        "csrf": PackageResources.csrf_mustache,
        "day": PackageResources.day_mustache,
        "deliveries": PackageResources.deliveries_mustache,
        "delivery-row": PackageResources.delivery_row_mustache,
        "delivery-table": PackageResources.delivery_table_mustache,
        "duration-group": PackageResources.duration_group_mustache,
        "empty": PackageResources.empty_mustache,
        "error": PackageResources.error_mustache,
        "filter-buttons": PackageResources.filter_buttons_mustache,
        "hold": PackageResources.hold_mustache,
        "health-tile": PackageResources.health_tile_mustache,
        "id": PackageResources.id_mustache,
        "job": PackageResources.job_mustache,
        "job-actions": PackageResources.job_actions_mustache,
        "job-filter": PackageResources.job_filter_mustache,
        "job-ledger": PackageResources.job_ledger_mustache,
        "job-row": PackageResources.job_row_mustache,
        "job-state": PackageResources.job_state_mustache,
        "jobs": PackageResources.jobs_mustache,
        "layout": PackageResources.layout_mustache,
        "ledger-entry": PackageResources.ledger_entry_mustache,
        "name": PackageResources.name_mustache,
        "notice": PackageResources.notice_mustache,
        "option": PackageResources.option_mustache,
        "overview": PackageResources.overview_mustache,
        "pager": PackageResources.pager_mustache,
        "pause-form": PackageResources.pause_form_mustache,
        "paused": PackageResources.paused_mustache,
        "policy": PackageResources.policy_mustache,
        "preview-form": PackageResources.preview_form_mustache,
        "progress": PackageResources.progress_mustache,
        "refunds-tile": PackageResources.refunds_tile_mustache,
        "rules-table": PackageResources.rules_table_mustache,
        "run": PackageResources.run_mustache,
        "run-item": PackageResources.run_item_mustache,
        "run-row": PackageResources.run_row_mustache,
        "run-state": PackageResources.run_state_mustache,
        "runs": PackageResources.runs_mustache,
        "runs-tile": PackageResources.runs_tile_mustache,
        "secret": PackageResources.secret_mustache,
        "sign-in": PackageResources.sign_in_mustache,
        "status": PackageResources.status_mustache,
        "stuck": PackageResources.stuck_mustache,
        "stuck-row": PackageResources.stuck_row_mustache,
        "stuck-table": PackageResources.stuck_table_mustache,
        "stuck-tile": PackageResources.stuck_tile_mustache,
        "time": PackageResources.time_mustache,
        "timeline": PackageResources.timeline_mustache,
        "timeline-entry": PackageResources.timeline_entry_mustache,
        "token-created": PackageResources.token_created_mustache,
        "token-form": PackageResources.token_form_mustache,
        "token-row": PackageResources.token_row_mustache,
        "tokens": PackageResources.tokens_mustache,
        "top": PackageResources.top_mustache,
        "transaction-row": PackageResources.transaction_row_mustache,
        "user": PackageResources.user_mustache,
        "user-state": PackageResources.user_state_mustache,
        "users": PackageResources.users_mustache,
        "webhook": PackageResources.webhook_mustache,
        "webhook-form": PackageResources.webhook_form_mustache,
        "webhook-secret": PackageResources.webhook_secret_mustache,
        "webhook-state": PackageResources.webhook_state_mustache,
        "webhooks": PackageResources.webhooks_mustache,
    ]
}
