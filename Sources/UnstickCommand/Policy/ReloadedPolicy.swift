import Logging
import ServiceLifecycle
import UnixSignals
import Unstick

/// The policy of a server, which can be read again while it runs.
struct ReloadedPolicy: Sendable {
    let file: PolicyFile?
    let source = PolicySource()
    let logger: Logger

    private func read() throws -> Policy {
        guard let file else { return Policy() }
        let (policy, warnings) = try file.read()
        for warning in warnings { self.logger.warning("\(warning)", metadata: ["file": "\(file.path)"]) }
        return policy
    }

    /// Reads the file again and puts it in force, if the database can judge by it.
    @discardableResult
    func reload(for store: any CleanupStore) throws -> Policy {
        let read = try self.read()
        try store.check(read)
        self.put(read)
        return read
    }

    private func put(_ policy: Policy) {
        let isNew = policy != self.source.current
        self.source.replace(by: policy)
        self.logger.log(
            level: self.file == nil ? .debug : .notice,
            "\(isNew ? "Policy in force" : "Policy read again, unchanged")",
            metadata: ["file": "\(self.file?.path ?? "")", "rules": "\(policy.rules.count)"]
        )
    }
}

/// Reads the policy again on SIGHUP.
struct PolicyReloading: Service {
    let policy: ReloadedPolicy
    let store: any CleanupStore

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
            do {
                try self.policy.reload(for: self.store)
            } catch {
                self.policy.logger.error(
                    "The policy file is wrong; the policy that was in force stays in force",
                    metadata: ["reason": "\(error)"]
                )
            }
        }
    }
}
