package import Unstick

/// Who does something, and by which door they came in.
package struct Actor: Sendable {
    package var principal: Principal
    package var door: AuditAct.Door
    package var address: String?

    package init(principal: Principal, door: AuditAct.Door, address: String?) {
        self.principal = principal
        self.door = door
        self.address = address
    }

    /// What they ask for, as it is written down.
    package func act(_ action: AuditAction, _ subject: String? = nil, detail: String? = nil) -> AuditAct {
        AuditAct(
            who: self.principal.name,
            role: self.principal.role,
            door: self.door,
            address: self.address,
            action: action,
            subject: subject,
            detail: detail
        )
    }
}

extension Call {
    /// Who calls the API.
    var actor: Actor {
        get throws {
            guard let principal = self.principal else { throw Problem.unauthorized }
            return Actor(principal: principal, door: .api, address: self.client.address)
        }
    }
}
