import ArgumentParser
import Foundation
import Unstick

/// The policy of a command.
struct PolicyOptions: ParsableArguments {
    @Option(
        help: "The policy: a YAML file (UNSTICK_POLICY). Else \(PolicyFile.standard) in this folder, if it is there."
    )
    var policy: String?

    /// The file in force; `nil` without one, which means the standard policy.
    var file: PolicyFile? {
        get throws { Self.file(named: try Settings(flags: [.policy: self.policy])[.policy]) }
    }

    /// The policy in force: that of the file, with the timeout that is set for every rule.
    ///
    /// - Parameter orNone: whether a missing file means the standard policy.
    /// - Throws: `invalidInput` with all errors in the file.
    func read(orNone: Bool = false) throws -> Policy {
        try PolicySource(self.written(orNone: orNone), timeout: CleanupSettings(Settings()).timeout).current
    }

    /// The policy as it is written.
    ///
    /// - Parameter orNone: whether a missing file means the standard policy.
    /// - Throws: `invalidInput` with all errors in the file.
    func written(orNone: Bool = false) throws -> Policy {
        guard let file = try self.file, !orNone || FileManager.default.fileExists(atPath: file.path) else {
            return Policy()
        }
        let contents = try file.read()
        if contents.isEmpty { throw file.emptyError() }
        for warning in contents.warnings { Output.note("Warning: \(file.path): \(warning)") }
        return contents.policy
    }

    /// The file of that name, otherwise the default one if it exists.
    static func file(named name: String?) -> PolicyFile? {
        if let name { return PolicyFile(path: name) }
        return FileManager.default.fileExists(atPath: PolicyFile.standard) ? PolicyFile(path: PolicyFile.standard) : nil
    }
}
