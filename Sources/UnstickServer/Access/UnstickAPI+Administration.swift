package import Unstick

extension Actor {
    /// The caller of the API or the user of the admin UI.
    package init(_ principal: Principal, door: AuditRequest.Channel, client: Client) {
        self.init(name: principal.name, role: principal.role, door: door, address: client.address)
    }
}

extension UnstickAPI {
    /// The actions of an administrator on this server.
    package func administration(by actor: Actor) -> Administration {
        Administration(
            store: self.store,
            actor: actor,
            policy: self.configuration.policy,
            observer: self.configuration.observer,
            logger: self.logger
        )
    }

    /// The actions of the caller of the API.
    func administration(by call: Call) throws -> Administration {
        guard let principal = call.principal else { throw Problem.unauthorized }
        return self.administration(by: Actor(principal, door: .api, client: call.client))
    }
}
