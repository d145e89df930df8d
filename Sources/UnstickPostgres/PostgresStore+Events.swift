import Unstick
import UnstickSQL

extension PostgresStore {
    /// Writes an event; `user` is whom it is about, and nobody where it is empty.
    static func emission(of event: some Event, id: String, about user: String = "") -> PostgresCall {
        PostgresCall(
            EventStatements.emit,
            ["id": .text(id), "type": .text(event.type), "user": .text(user), "payload": .text(event.payload)]
        )
    }
}
