import Foundation
import Logging
import ServiceLifecycle
import Synchronization
import UnixSignals
import Unstick
import UnstickServer

/// The policy file of a server, which can be read again while it runs: rules, thresholds of alerts, and webhooks.
final class ReloadedPolicy: Sendable {
    let file: PolicyFile?
    let source: PolicySource
    let logger: Logger
    private let alerts = Mutex(AlertThresholds())

    /// - Parameter timeout: takes the place of the timeout of every rule, whatever the file says.
    init(file: PolicyFile?, timeout: Duration?, logger: Logger) {
        self.file = file
        self.source = PolicySource(timeout: timeout)
        self.logger = logger
    }

    /// From where on something is wrong.
    var thresholds: AlertThresholds { self.alerts.withLock { $0 } }

    private func read() throws -> PolicyFile.Contents {
        guard let file else { return PolicyFile.Contents() }
        let contents = try file.read()
        for warning in contents.warnings { self.logger.warning("\(warning)", metadata: ["file": "\(file.path)"]) }
        return contents
    }

    /// Reads the file again and puts it in force, if the database can judge by it and its webhooks may be called.
    @discardableResult
    func reload(for store: any CleanupStore, _ webhooks: Webhooks) async throws -> Policy {
        let read = try self.read()
        try store.check(read.policy)
        try await webhooks.apply(self.file == nil ? nil : read.webhooks.map { try $0.configured })
        self.alerts.withLock { $0 = read.alerts }
        self.put(read.policy)
        return self.source.current
    }

    private func put(_ policy: Policy) {
        let before = self.source.current
        self.source.replace(by: policy)
        let isNew = self.source.current != before
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
    let webhooks: Webhooks

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
            do {
                try await self.policy.reload(for: self.store, self.webhooks)
            } catch {
                self.policy.logger.error(
                    "The policy file is wrong; the policy that was in force stays in force",
                    metadata: ["reason": "\(error)"]
                )
            }
        }
    }
}

extension WebhookEntry {
    /// The webhook with its secret from the environment.
    fileprivate var configured: ConfiguredWebhook {
        get throws {
            let secret = ProcessInfo.processInfo.environment[self.secretEnv] ?? ""
            guard ConfiguredWebhook.isSecret(secret) else {
                throw UnstickError(
                    .invalidInput,
                    "The webhook '\(self.name)' has its secret in \(self.secretEnv), which is "
                        + "\(secret.isEmpty ? "not set" : "no such secret"). Set it to whsec_ and 24 to 64 bytes in base64, "
                        + "for example: echo whsec_$(openssl rand -base64 32)"
                )
            }
            return ConfiguredWebhook(name: self.name, url: self.url, events: self.events, secret: secret)
        }
    }
}
