import ArgumentParser
import Unstick
import UnstickPostgres
import UnstickSQLite

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
        let findings = try await self.examine(self.database.place)
        if self.output.json { try Output.json(Answer(findings: findings)) } else { self.show(findings) }
        if findings.contains(where: { $0.level == .error }) { throw Exit.incomplete }
    }

    private func examine(_ place: DatabaseOptions.Place) async throws -> [Finding] {
        let (tables, policy) = try (place.tables(), self.policy.read())
        if place.isPostgres {
            return try await PostgresDoctor(url: place.url, mapping: tables?.0, preset: tables?.1, policy: policy)
                .examine()
        }
        guard let (mapping, preset) = tables else {
            throw UnstickError(
                .invalidArgument,
                "doctor needs a PostgreSQL database (--database postgres://…), or your own tables (--mapping, --preset)."
            )
        }
        return try await SQLiteDoctor(path: place.path, mapping: mapping, preset: preset, policy: policy).examine()
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
