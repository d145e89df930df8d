import Foundation
import Logging
import ServiceLifecycle
import Synchronization
import UnixSignals
import Unstick
import UnstickServer

/// The policy file of a server, which can be read again while it runs: rules, thresholds of alerts, and webhooks.
final class ReloadedPolicy: Sendable {
    /// The content in force.
    private struct InForce {
        var file: PolicyFile?
        /// Its text.
        var text: String?
        var alerts = AlertThresholds()
    }

    let source: PolicySource
    let logger: Logger
    private let name: String?
    private let inForce = Mutex(InForce())

    /// - Parameters:
    ///   - name: the named file; `nil` for the default one, which is searched each time.
    ///   - timeout: replaces the timeout of every rule, whatever the file says.
    init(named name: String?, timeout: Duration?, logger: Logger) {
        self.name = name
        self.source = PolicySource(timeout: timeout)
        self.logger = logger
    }

    /// The file whose rules are in force.
    var file: PolicyFile? { self.inForce.withLock(\.file) }

    /// The limits of the alerts.
    var thresholds: AlertThresholds { self.inForce.withLock(\.alerts) }

    /// Reads the file again and puts it into force, if the database supports it and its webhooks may be called.
    ///
    /// - Returns: the policy; `nil` without a file, which means the standard policy.
    @discardableResult
    func reload(for store: any CleanupStore, _ webhooks: Webhooks) async throws -> Policy? {
        let before = self.inForce.withLock { $0 }
        // A file that was in force and is gone is an error, not a policy without rules.
        guard let file = PolicyOptions.file(named: self.name) ?? before.file else {
            try store.check(self.source.current)
            try await webhooks.apply(nil)
            return nil
        }
        let text = try file.text()
        let read = try PolicyFile.parse(text, name: file.path)
        for warning in read.warnings { self.logger.warning("\(warning)", metadata: ["file": "\(file.path)"]) }
        if read.isEmpty { throw file.emptyError(before.file == nil ? "" : " while a policy is in force") }
        try store.check(read.policy)
        try await webhooks.apply(read.webhooks.map { try $0.configured })
        self.source.replace(by: read.policy)
        self.inForce.withLock { $0 = InForce(file: file, text: text, alerts: read.alerts) }
        self.logger.notice(
            "\(text == before.text ? "Policy read again, unchanged" : "Policy in force")",
            metadata: ["file": "\(file.path)", "rules": .stringConvertible(read.policy.rules.count)]
        )
        return self.source.current
    }

    static let noFile = UnstickError(
        .conflict,
        "There is no policy file: none was given, and there is no '\(PolicyFile.standard)' in the server's folder. Create "
            + "it, or start the server with --policy FILE."
    )
}

/// Reads the policy again on SIGHUP.
struct PolicyReloading: Service {
    let policy: ReloadedPolicy
    let store: any Store
    let webhooks: Webhooks

    func run() async throws {
        // Only the server's own user and root can send the signal.
        let administration = Administration(store: self.store, actor: .shell())
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
            do {
                let read = try await administration.reloadPolicy(detail: "SIGHUP") {
                    try await self.policy.reload(for: self.store, self.webhooks)
                }
                if read == nil { self.policy.logger.notice("\(ReloadedPolicy.noFile.message)") }
            } catch {
                self.policy.logger.error(
                    "The policy file is invalid; the previous policy stays in force",
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
                    "The secret of the webhook '\(self.name)' is read from \(self.secretEnv), which is "
                        + "\(secret.isEmpty ? "not set" : "not valid"). Set it to whsec_ and 24 to 64 bytes in base64, "
                        + "for example: echo whsec_$(openssl rand -base64 32)"
                )
            }
            return ConfiguredWebhook(name: self.name, url: self.url, events: self.events, secret: secret)
        }
    }
}
