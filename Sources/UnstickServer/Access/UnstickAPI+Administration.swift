package import Unstick

extension Actor {
    /// The caller of the API or the user of the admin UI.
    package init(_ principal: Principal, channel: AuditRequest.Channel, client: Client) {
        self.init(name: principal.name, role: principal.role, channel: channel, address: client.address)
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
        return self.administration(by: Actor(principal, channel: .api, client: call.client))
    }
}
