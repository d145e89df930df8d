/// Conditions on a row `j` for the status of its job.
package struct JobStates {
    private let state: MappingFile.State
    private let table: CatalogueTable
    private(set) var names: MappedNames

    package init(_ mapping: MappingFile, in table: CatalogueTable, _ catalogue: Catalogue) {
        (self.state, self.table, self.names) = (mapping.jobs.state, table, MappedNames(catalogue))
    }

    /// Whether a job has a status; `nil` where the mapping does not define it.
    package mutating func condition(_ status: MappingFile.JobStatusName) -> String? {
        if let name = self.state.column { return self.condition(status, on: name) }
        guard let conditions = self.state.derived?[status] else {
            if status == .processing {
                self.names.problem("state", "neither a column nor how processing is derived is mapped")
            }
            return nil
        }
        let parts = conditions.sorted { $0.key < $1.key }.compactMap { name, condition -> String? in
            guard self.names.column(name, of: self.table) != nil else { return nil }
            let column = "j.\(quoted(name))"
            return switch condition {
            case .null: "\(column) IS NULL"
            case .notNull: "\(column) IS NOT NULL"
            case .true: "\(column)"
            case .false: "NOT \(column)"
            }
        }
        return parts.count == conditions.count && !parts.isEmpty ? parts.joined(separator: " AND ") : nil
    }

    private mutating func condition(_ status: MappingFile.JobStatusName, on name: String) -> String? {
        guard let values = self.state.values?[status], !values.isEmpty else {
            if status == .processing { self.names.problem("state", "no value of '\(name)' is mapped to processing") }
            return nil
        }
        guard let column = self.names.column(name, of: self.table) else { return nil }
        let literals = values.compactMap { self.value($0, of: column, name) }
        return literals.count == 1
            ? "j.\(quoted(name)) = \(literals[0])"
            : "j.\(quoted(name)) IN (\(literals.joined(separator: ", ")))"
    }

    /// The column with the status; `nil` where the status is derived.
    var column: String? { self.state.column }

    /// The value written for a status, the first of its values; `nil` where none is mapped.
    mutating func written(_ status: MappingFile.JobStatusName) -> String? {
        guard let name = self.state.column, let column = self.names.column(name, of: self.table) else { return nil }
        guard let value = self.state.values?[status]?.first else {
            self.names.problem("state", "no value of '\(name)' is mapped to \(status.rawValue)")
            return nil
        }
        return self.value(value, of: column, name)
    }

    private mutating func value(_ value: String, of column: CatalogueTable.Column, _ name: String) -> String? {
        switch column.type {
        case .integer:
            guard let number = Int(value) else {
                self.names.problem("state", "'\(value)' is not a whole number, and '\(name)' is \(column.declared)")
                return nil
            }
            return String(number)
        case .enumeration(let labels) where !labels.contains(value):
            self.names.problem(
                "state",
                "'\(value)' is not a label of \(column.declared)",
                advice: "It has: \(labels.joined(separator: ", "))."
            )
            return nil
        default: return literal(value)
        }
    }
}
