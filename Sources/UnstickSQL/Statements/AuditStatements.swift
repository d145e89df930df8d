package import Unstick

/// The statements of the audit log.
package enum AuditStatements {
    private static let columns = "id, at, who, role, door, address, action, subject, detail, outcome"

    package static let begin = """
        INSERT INTO unstick.audit (id, at, who, role, door, address, action, subject, detail)
        VALUES (:id, :at, :who, :role, :door, :address, :action, :subject, :detail)
        ON CONFLICT (id) DO NOTHING
        """

    package static let end = "UPDATE unstick.audit SET outcome = :outcome WHERE id = :id AND outcome IS NULL"

    /// Newest first.
    ///
    /// - Parameter end: whether the window ends at `:end`.
    package static func list(_ filter: AuditFilter, end: Bool) -> String {
        var conditions = ["id < :before"]
        if end { conditions.append("id >= :end") }
        if filter.who != nil { conditions.append("who = :who") }
        if filter.action != nil { conditions.append("action = :action") }
        if filter.subject != nil { conditions.append("subject = :subject") }
        return
            "SELECT \(columns) FROM unstick.audit WHERE \(conditions.joined(separator: " AND ")) ORDER BY id DESC LIMIT :limit"
    }

    /// The last entry of the window.
    package static let windowEnd =
        "SELECT id FROM unstick.audit WHERE id < :before ORDER BY id DESC LIMIT 1 OFFSET :window"
}
