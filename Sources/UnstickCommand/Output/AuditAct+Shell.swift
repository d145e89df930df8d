import Foundation
import Unstick

extension AuditAct {
    /// What whoever sits at the shell asks for.
    static func shell(_ action: AuditAction, _ subject: String? = nil, detail: String? = nil) -> AuditAct {
        let user = ProcessInfo.processInfo.environment["USER"] ?? "cli"
        return AuditAct(who: user, role: nil, door: .cli, action: action, subject: subject, detail: detail)
    }
}
