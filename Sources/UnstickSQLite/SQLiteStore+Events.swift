import GRDB
import Unstick
import UnstickSQL

extension SQLiteStore {
    /// Writes an event; `user` is whom it is about, if anybody.
    static func emit(_ event: some Event, id: String, of user: String?, at now: Timestamp, in db: Database) throws {
        try Self.run(
            EventStatements.emit,
            ["id": id, "type": event.type, "user": user, "payload": event.payload, "now": now.milliseconds],
            in: db
        )
    }
}
