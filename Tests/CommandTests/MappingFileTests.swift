import Foundation
import TestSupport
import Testing
import Unstick
import UnstickPostgres

@testable import UnstickCommand

@Suite("Mapping files")
struct MappingFileTests {
    @Test("the README's mapping is valid")
    func readme() async throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
        let readme = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
        let start = try #require(readme.range(of: "```yaml\n"))
        let end = try #require(readme.range(of: "\n```", range: start.upperBound..<readme.endIndex))
        try await withTemporaryFolder { folder in
            let file = folder.appending(path: "mapping.yaml")
            try Data(readme[start.upperBound..<end.lowerBound].utf8).write(to: file)
            let mapping = try MappingFile(path: file.path)
            #expect(mapping.jobs.table == "GenerationJob" && mapping.balances?.balance == "tokens")
            #expect(mapping.jobs.started?.kind == .timestampUTC && mapping.ledger?.type?.value == "REFUND")
        }
    }

    @Test("a URL is shown without its password")
    func masked() {
        #expect(DatabaseOptions.masked("postgres://ada:s3c:ret@db:5432/x") == "postgres://ada:***@db:5432/x")
        #expect(
            DatabaseOptions.masked("postgres://ada@db/x?password=s3cret&sslmode=require")
                == "postgres://ada@db/x?password=***&sslmode=require"
        )
        #expect(DatabaseOptions.masked("host=db password=s3cret dbname=x") == "***")
        #expect(DatabaseOptions.masked("sqlite:unstick.db") == "sqlite:unstick.db")
    }

    @Test("a file that is missing, no YAML, or no object is reported as such")
    func unreadable() async throws {
        try await withTemporaryFolder { folder in
            for (name, text) in [
                ("none.yaml", nil), ("broken.yaml", "a: ["), ("list.yaml", "- 1"), ("keys.yaml", "1: 2"),
            ] {
                let file = folder.appending(path: name)
                if let text { try Data(text.utf8).write(to: file) }
                let error = #expect(throws: UnstickError.self) { try MappingFile(path: file.path) }
                #expect(error?.code == .invalidInput, "\(name)")
            }
        }
    }
}
