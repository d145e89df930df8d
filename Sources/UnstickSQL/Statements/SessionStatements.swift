/// The statements of the sessions of the admin UI.
package enum SessionStatements {
    package static let insert = """
        INSERT INTO unstick.sessions (digest, name, role, credential, created_at, seen_at, expires_at)
        VALUES (:digest, :name, :role, :credential, :createdAt, :createdAt, :expiresAt)
        """

    package static let forgetEnded = "DELETE FROM unstick.sessions WHERE expires_at <= :now OR seen_at <= :now - :idle"

    package static let find = """
        SELECT digest, name, role, credential, created_at, seen_at, expires_at, :now AS now FROM unstick.sessions
        WHERE digest = :digest AND expires_at > :now AND seen_at > :now - :idle
        """

    package static let see = "UPDATE unstick.sessions SET seen_at = :now WHERE digest = :digest"

    package static let end = "DELETE FROM unstick.sessions WHERE digest = :digest"

    package static let endAll = "DELETE FROM unstick.sessions WHERE name = :name AND credential = :credential"
}
