import Foundation
import GRDB
public import Unstick
import UnstickSQL

extension SQLiteStore {
    /// Keeps a credential; a name is taken once.
    public func add(_ token: AccessToken) async throws {
        do {
            _ = try await self.write { db in
                try Self.run(
                    AccessTokenStatements.insert,
                    StatementArguments(token.arguments),
                    in: db
                )
            }
        } catch let error as UnstickError where error.code == .databaseRejected {
            throw UnstickError(
                .conflict,
                "There is a token named '\(token.name)' already. Revoke it first, or choose another name."
            )
        }
    }

    /// The credential with this public part.
    public func accessToken(_ id: String) async throws -> AccessToken? {
        try await self.read { db in
            try Row.fetchOne(db.cachedStatement(sql: AccessTokenStatements.find), arguments: ["id": id])
                .map { try AccessToken(row: $0) }
        }
    }

    /// All credentials, oldest first.
    public func accessTokens() async throws -> [AccessToken] {
        try await self.read { db in
            try Row.fetchAll(db.cachedStatement(sql: AccessTokenStatements.list)).map { try AccessToken(row: $0) }
        }
    }

    /// Withdraws the credential of this name.
    public func revokeAccessToken(named name: String, at now: Timestamp) async throws -> Bool {
        try await self.write { db in
            try Self.run(AccessTokenStatements.revoke, ["name": name, "now": now.milliseconds], in: db) == 1
        }
    }
}
