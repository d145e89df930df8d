import ArgumentParser
import Unstick
import UnstickSQL

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check a database and your own tables for problems. Changes nothing without --accept.",
        discussion: "Exits with 1 when something is an error."
    )

    /// A check whose errors an operator can accept.
    enum AcceptedCheck: String, ExpressibleByArgument, CaseIterable {
        case ages
    }

    @OptionGroup var database: DatabaseOptions
    @OptionGroup var policy: PolicyOptions
    @OptionGroup var actor: ActorOptions
    @OptionGroup var output: OutputOptions
    @Option(
        help: ArgumentHelp(
            "Record that the times of your own tables are right although they look wrong: ages.",
            discussion: "Who accepted it, and when, is stored. It ends when the mapping's times or their kinds change.",
            valueName: "check"
        )
    )
    var accept: AcceptedCheck?

    private struct Answer: Encodable {
        var findings: [Finding]
    }

    func run() async throws {
        let place = try self.database.place
        if self.accept == .ages { try await self.acceptAges(place) }
        let findings = try await place.driver.doctor(place, self.policy.read())
        if self.output.json { try Output.json(Answer(findings: findings)) } else { self.show(findings) }
        if findings.contains(where: { $0.level == .error }) { throw Exit.incomplete }
    }

    /// - Throws: `invalidArgument` without a mapping, and `conflict` where the times have no error.
    private func acceptAges(_ place: DatabaseOptions.Place) async throws {
        var place = place
        // Nothing is searched here.
        place.allowsFullScan = true
        guard try place.tables() != nil else {
            throw UnstickError(.invalidArgument, "--accept is for your own tables: give --mapping or --preset.")
        }
        let store = try await place.driver.open(place, for: .changing)
        try await store.checkReady()
        let errors = try await store.ageErrors()
        guard !errors.isEmpty else {
            throw UnstickError(
                .conflict,
                "The times of the jobs have no error, so there is nothing to accept. 'unstick doctor' shows all checks."
            )
        }
        let administration = try self.actor.administration(of: store)
        let name = administration.actor.description.cut(toBytes: Limits.idBytes)
        let detail = errors.map(\.detail).joined(separator: "; ")
        try await administration.perform(.acceptAges, store.mappingName, detail: detail) {
            try await store.acceptAges(by: name)
        }
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
