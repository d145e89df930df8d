import Foundation
import Unstick

extension AuditAct {
    /// What a person at the shell asks for.
    static func shell(_ action: AuditAction, _ subject: String? = nil, detail: String? = nil) -> AuditAct {
        AuditAct(who: self.shellUser, role: nil, door: .cli, action: action, subject: subject, detail: detail)
    }

    /// Who sits at the shell, also behind sudo.
    static var shellUser: String {
        let environment = ProcessInfo.processInfo.environment
        return ["SUDO_USER", "USER", "LOGNAME"].compactMap { environment[$0] }.first { !$0.isEmpty } ?? "cli"
    }
}

extension AuditStore {
    /// Runs a cleanup with a record of who asked for it; a dry run changes nothing and needs none.
    func audited(_ options: CleanupOptions, _ body: () async throws -> CleanupResult) async throws -> CleanupResult {
        guard !options.dryRun else { return try await body() }
        return try await self.audited(.shell(.cleanUp, detail: options.words), outcome: \.outcome, body)
    }
}
