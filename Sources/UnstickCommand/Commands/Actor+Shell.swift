import Foundation
import Unstick

extension Actor {
    /// The user of the command line: `cli:` and the user of the operating system, also behind sudo.
    ///
    /// - Parameters:
    ///   - onBehalfOf: for whom the user says to act.
    ///   - environment: the process's own unless set.
    static func shell(
        onBehalfOf: String? = nil,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> Actor {
        // A name that cannot be stored, such as an empty one, says nothing.
        let names = ["SUDO_USER", "USER"].compactMap { environment[$0] }
        let user = names.first { (try? Limits.checkID("cli:" + $0, "user")) != nil && !$0.isEmpty }
        return Actor(name: "cli:" + (user ?? String(getuid())), onBehalfOf: onBehalfOf, door: .cli)
    }
}
