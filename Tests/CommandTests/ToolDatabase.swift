import Testing
import Unstick
import UnstickSQL
import UnstickSQLite

@testable import StoreSuite

/// A database that the built tool works on.
struct ToolDatabase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    private let with: @Sendable (_ body: Body) async throws -> Void

    typealias Body = (Tool, _ environment: [String: String], any Store) async throws -> Void

    /// One of each kind.
    static let available = [file] + StoreBackend.servers.map { ToolDatabase($0) }

    private static let file = ToolDatabase(testDescription: "SQLite on disk") { body in
        try await Tool.inNewFolder { unstick in
            let store = try unstick.store()
            try await body(unstick, [:], store)
            try store.close()
        }
    }

    private init(testDescription: String, with: @Sendable @escaping (_ body: Body) async throws -> Void) {
        (self.testDescription, self.with) = (testDescription, with)
    }

    private init(_ server: some StoreServer) {
        self.init(testDescription: server.testDescription) { body in
            try await server.withStore { store, url in
                try await Tool.inNewFolder { try await body($0, ["DATABASE_URL": url], store) }
            }
        }
    }

    /// Gives the tool in a new folder, the environment by which it finds a new database, and a store on that.
    func withTool(_ body: Body) async throws { try await self.with(body) }
}
