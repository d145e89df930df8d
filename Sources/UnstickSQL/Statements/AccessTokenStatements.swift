/// The statements of the API keys.
package enum AccessTokenStatements {
    private static let columns = "id, name, role, digest, created_at, revoked_at"

    package static let insert = """
        INSERT INTO unstick.access_tokens (id, name, role, digest, created_at) VALUES (:id, :name, :role, :digest, :now)
        """

    package static let find = "SELECT \(columns) FROM unstick.access_tokens WHERE id = :id"

    package static let list = "SELECT \(columns) FROM unstick.access_tokens ORDER BY created_at, id"

    package static let revoke = """
        UPDATE unstick.access_tokens SET revoked_at = :now WHERE name = :name AND revoked_at IS NULL
        """
}
