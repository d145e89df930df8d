package import Unstick

extension Actor {
    /// The caller of the API or the user of the page.
    package init(_ principal: Principal, door: AuditRequest.Channel, client: Client) {
        self.init(name: principal.name, role: principal.role, door: door, address: client.address)
    }
}

extension UnstickAPI {
    /// What an administrator can do here.
    package func administration(by actor: Actor) -> Administration {
        Administration(
            store: self.store,
            actor: actor,
            policy: self.configuration.policy,
            observer: self.configuration.observer,
            logger: self.logger
        )
    }

    /// What the caller of the API can do.
    func administration(by call: Call) throws -> Administration {
        guard let principal = call.principal else { throw Problem.unauthorized }
        return self.administration(by: Actor(principal, door: .api, client: call.client))
    }
}
