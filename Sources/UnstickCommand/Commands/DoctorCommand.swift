import ArgumentParser
import Unstick
import UnstickSQL

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check a database and your own tables for problems. Changes nothing.",
        discussion: "Exits with 1 when something is an error."
    )

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var policy: PolicyOptions
    @OptionGroup var output: OutputOptions

    private struct Answer: Encodable {
        var findings: [Finding]
    }

    func run() async throws {
        let place = try self.database.place
        let findings = try await place.driver.doctor(place, self.policy.read())
        if self.output.json { try Output.json(Answer(findings: findings)) } else { self.show(findings) }
        if findings.contains(where: { $0.level == .error }) { throw Exit.incomplete }
    }

    private func show(_ findings: [Finding]) {
        for finding in findings {
            Output.parts(finding.level.label, (" \(finding.subject): \(finding.detail)", nil))
            if let advice = finding.advice { Output.line("         \(advice)") }
        }
        let errors = findings.count { $0.level == .error }
        let warnings = findings.count { $0.level == .warning }
        Output.line()
        Output.line(
            errors > 0
                ? "\(errors.of("error")), \(warnings.of("warning")): fix the errors first."
                : "No errors, \(warnings.of("warning")). Next: unstick stuck, then unstick cleanup --dry-run",
            errors > 0 ? .error : .good
        )
    }
}

extension Finding.Level {
    fileprivate var label: (text: String, style: Style?) {
        switch self {
        case .ok: ("OK     ", .good)
        case .warning: ("WARNING", .heading)
        case .error: ("ERROR  ", .error)
        }
    }
}
