import ArgumentParser
import Unstick

/// On whose behalf a command changes something.
struct ActorOptions: ParsableArguments {
    @Option(help: "On whose behalf; stored beside your own user name.")
    var by: String?

    /// What the user of the command line can do as an administrator.
    ///
    /// - Throws: `invalidArgument` for a name that cannot be stored.
    func administration(
        of store: any Store,
        policy: PolicySource = PolicySource(),
        observer: PassObserver? = nil
    ) throws -> Administration {
        if let by { try Limits.checkID(by, "name after --by") }
        return Administration(
            store: store,
            actor: .shell(onBehalfOf: self.by),
            policy: policy,
            observer: observer,
            logger: try .command
        )
    }
}
