import UnstickPostgres
import UnstickSQL

/// A catalogue without a database: a table of jobs, one of balances, one of ledger lines.
enum HandBuilt {
    static func jobs(_ changes: [String: CatalogueTable.Column?] = [:]) -> CatalogueTable {
        var columns: [String: CatalogueTable.Column] = [
            "id": .init(.text, declared: "character(26)", isNotNull: true),
            "owner": .init(.text, declared: "text"), "cost": .init(.integer, declared: "integer"),
            "kind": .init(.text, declared: "text", isNotNull: true),
            "state": .init(.enumeration(["busy", "done", "dead", "new"]), declared: "job_state"),
            "started": .init(.timestamp(hasZone: true), declared: "timestamp with time zone"),
            "changed": .init(.timestamp(hasZone: false), declared: "timestamp(3) without time zone"),
            "beat": .init(.integer, declared: "bigint"), "tries": .init(.integer, declared: "smallint"),
            "errors": .init(.array(of: "jsonb"), declared: "jsonb[]"),
        ]
        for (name, column) in changes { columns[name] = column }
        return CatalogueTable(schema: "app", name: "work", columns: columns, uniqueKeys: [["id"]])
    }

    static let accounts = CatalogueTable(
        schema: "app",
        name: "accounts",
        columns: [
            "id": .init(.uuid, declared: "uuid"), "tokens": .init(.integer, declared: "bigint"),
            "name": .init(.text, declared: "text"),
        ],
        uniqueKeys: [["id"]]
    )

    static let lines = CatalogueTable(
        schema: "app",
        name: "lines",
        columns: [
            "key": .init(.uuid, declared: "uuid"), "owner": .init(.uuid, declared: "uuid"),
            "amount": .init(.integer, declared: "integer"), "left": .init(.integer, declared: "bigint"),
            "type": .init(.enumeration(["REFUND", "SPEND"]), declared: "line_type"),
        ]
    )

    static func catalogue(_ jobs: CatalogueTable = Self.jobs()) -> Catalogue {
        Catalogue([jobs, Self.accounts, Self.lines])
    }

    /// - Parameter extra: further keys of the jobs, each before a comma.
    static func mapping(_ extra: String = "", outside: String = "") throws -> MappingFile {
        try MappingFile(
            """
            {"jobs": {\(extra) "table": "work", "id": "id", "user": "owner", "cost": "cost",
                "started": {"column": "started", "kind": "timestamptz"},
                "state": {"column": "state", "values": {"pending": ["new"], "processing": ["busy"], "failed": ["dead"]}}}
             \(outside)}
            """
        )
    }
}
