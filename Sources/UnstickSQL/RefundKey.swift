import Unstick

/// The key of a refund as SQL: derived from the charge, never from the try.
///
/// A team's own tables have a source, a short id that is part of the key, because two tables may have the same ids.
/// Refunds from before sources existed keep their keys, as do those of Unstick's own tables.
enum RefundKey {
    /// The key of a job of Unstick's own tables, or from before sources existed.
    static func own(job: String, charge: String) -> String {
        "'\(LedgerKey.refundPrefix)' || \(job) || ':' || \(charge)"
    }

    /// The key of a job of a team's own table; each part is escaped, so that no two jobs share one.
    static func of(source: String, job: String, charge: String) -> String {
        let escaped = "replace(replace(\(job), '%', '%25'), ':', '%3A')"
        return "'\(LedgerKey.refundPrefix)' || \(source) || ':' || \(escaped) || ':' || \(charge)"
    }

    /// The key of a run item `i`, in either form.
    static let ofItem = """
        CASE WHEN i.source IS NULL THEN \(own(job: "i.job_id", charge: "i.charge"))
            ELSE \(of(source: "i.source", job: "i.job_id", charge: "i.charge")) END
        """
}
