import ArgumentParser
import Foundation
import Unstick

/// The person for whom a command makes a change.
struct ActorOptions: ParsableArguments {
    @Option(help: "On whose behalf; stored beside your own user name.")
    var by: String?

    /// The actions of the user of the command line as an administrator.
    ///
    /// - Throws: `invalidArgument` for a name that cannot be stored.
    func administration(
        of store: any Store,
        policy: PolicySource = PolicySource(),
        observer: RunObserver? = nil
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

extension Actor {
    /// The user of the command line: `cli:` and the user of the operating system, also behind sudo.
    ///
    /// - Parameters:
    ///   - onBehalfOf: the person for whom the user acts.
    ///   - environment: the environment; the process's own by default.
    static func shell(
        onBehalfOf: String? = nil,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> Actor {
        // A name that cannot be stored, such as an empty one, is ignored.
        let names = ["SUDO_USER", "USER"].compactMap { environment[$0] }
        let user = names.first { (try? Limits.checkID("cli:" + $0, "user")) != nil && !$0.isEmpty }
        return Actor(name: "cli:" + (user ?? String(getuid())), onBehalfOf: onBehalfOf, channel: .cli)
    }
}
