import Unstick
import UnstickServer

/// The filter of the list of jobs, from the address: the entered text, and its meaning.
struct JobFilterForm {
    /// The fields as they were entered.
    struct Fields {
        var id: String
        var user: String
        var tier: String
        var olderThan: String
        var newerThan: String
        var error: String
        var rule: String
        /// Whether one of the collapsed fields is set.
        var open: Bool
    }

    static let names = ["status", "kind", "tier", "user", "olderThan", "newerThan", "error", "rule", "id"]

    private static let labels = [
        "status": "Status", "kind": "Kind", "tier": "Tier", "user": "User", "olderThan": "Older than",
        "newerThan": "Newer than", "error": "Error contains", "rule": "Rule", "id": "Id",
    ]

    /// The fields that are set, in the order of their names.
    let parameters: [(name: String, value: String)]
    let status: JobStatus?
    let rule: String?
    /// The conditions without the rule, because the kinds that it applies to are not known yet.
    let filter: JobFilter

    /// - Parameters:
    ///   - value: returns the value of a field.
    ///   - now: the time from which ages are counted back.
    /// - Throws: the error of a field.
    init(_ value: (String) -> String?, now: Timestamp) throws {
        self.parameters = Self.names.compactMap { name in value(name).map { (name, $0) } }
        self.status = try value("status").map { text in
            guard let status = JobStatus(rawValue: text) else {
                throw Problem.badRequest("There is no status '\(text.cut(toBytes: 50))'.")
            }
            return status
        }
        self.rule = value("rule")
        func time(_ name: String, _ label: String) throws -> Timestamp? {
            try value(name).map { text in
                let age: Duration
                do {
                    age = try Duration(text: text, of: label)
                } catch let error as UnstickError {
                    throw Problem.badRequest(error.message, parameter: name)
                }
                guard age < .seconds(100 * 365 * 86_400) else {
                    throw Problem.badRequest("\(label) must be less than 100 years.", parameter: name)
                }
                return now - age
            }
        }
        self.filter = JobFilter(
            status: self.status,
            userID: value("user"),
            kind: value("kind"),
            tier: value("tier"),
            before: try time("olderThan", "The age"),
            since: try time("newerThan", "The age"),
            errorText: value("error"),
            idPrefix: value("id")
        )
    }

    var fields: Fields {
        func value(_ name: String) -> String { self.parameters.first { $0.name == name }?.value ?? "" }
        let isOpen = self.parameters.contains { !["status", "kind", "id", "user"].contains($0.name) }
        return Fields(
            id: value("id"),
            user: value("user"),
            tier: value("tier"),
            olderThan: value("olderThan"),
            newerThan: value("newerThan"),
            error: value("error"),
            rule: value("rule"),
            open: isOpen
        )
    }

    /// The address of a view with this filter.
    func link(_ path: String) -> Link { Link(path, self.parameters.map { ($0.name, $0.value) }) }

    /// Each condition, with the address of the list without it.
    func chips(_ path: String?) -> [Chip] {
        self.parameters.map { name, value in
            Chip(
                label: "\(Self.labels[name] ?? name): \(value)",
                href: path.map { self.link($0).without(name).href }
            )
        }
    }

    /// The jobs as text: `FAILED jobs of kind video`.
    var description: String {
        let status = self.status.map { "\($0.rawValue) jobs" } ?? "jobs"
        let rest = self.parameters.filter { $0.name != "status" }.map { name, value in
            switch name {
            case "user": "of user '\(value)'"
            case "kind": "of kind '\(value)'"
            case "tier": "of tier '\(value)'"
            case "olderThan": "older than \(value)"
            case "newerThan": "newer than \(value)"
            case "error": "whose error contains '\(value)'"
            case "rule": "that the rule '\(value)' judges"
            default: "whose id starts with '\(value)'"
            }
        }
        return ([status] + rest).joined(separator: " ")
    }
}
