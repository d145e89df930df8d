import Unstick

/// An operator's statement that the times of a mapping are right, although the doctor finds them wrong.
///
/// It ends when the columns or kinds of the times change.
struct AcceptedAges: Hashable, Sendable {
    /// The columns and kinds.
    var times: String
    var by: String
    var at: Timestamp
}

/// What is stored about the times of a mapping, beside its source.
struct SourceTimes: Sendable {
    /// Whether a run that changes jobs has started.
    var hasRun: Bool
    /// The columns and kinds in that run; `nil` for a run of a version that did not store them.
    var ran: String?
    var accepted: AcceptedAges?

    init(row: any StoredRow) {
        self.hasRun = row.integer("ran_at") != nil
        self.ran = row.text("ran_times")
        guard let times = row.text("accepted_times"), let by = row.text("accepted_by"),
            let at = row.timestamp("accepted_at")
        else { return }
        self.accepted = AcceptedAges(times: times, by: by, at: at)
    }

    /// Whether a run with these times needs no check.
    func admits(_ times: String) -> Bool { self.hasRun && (self.ran ?? times) == times }

    /// The acceptance of these times.
    func acceptance(of times: String) -> AcceptedAges? { self.accepted.flatMap { $0.times == times ? $0 : nil } }
}

extension Attachment {
    /// What is stored about the times; `nil` where the mapping has no source yet.
    func storedTimes(in engine: some SQLEngine) async throws -> SourceTimes? {
        var source = self.known
        if source == nil { source = try await self.source(in: engine) }
        guard let source, !source.id.isEmpty else { return nil }
        let call = SQLCall(SourceStatements(engine.dialect).times, ["id": .text(source.id)])
        return try await engine.read([call]) { $0[0].first.map(SourceTimes.init(row:)) }
    }

    /// Stores something about the times, beside the source.
    fileprivate func store(_ statement: String, by name: String? = nil, in engine: some SQLEngine) async throws {
        let source = try await self.makeSource(in: engine)
        let parameters: SQLArguments = ["id": .text(source.id), "times": .text(self.times), "by": SQLValue(name)]
        try await engine.change([SQLCall(statement, parameters)]) { _ in }
    }
}

extension Finding {
    /// The finding after an operator has accepted it.
    func accepted(_ acceptance: AcceptedAges?) -> Finding {
        guard let acceptance, self.level == .error else { return self }
        return Finding(
            .warning,
            self.subject,
            "\(self.detail) (accepted by \(acceptance.by) on \(acceptance.at))",
            advice: "To withdraw this, change the mapping's times or their kinds."
        )
    }
}

extension SQLStore {
    /// Why a run must not change the jobs yet: the times of a mapping that has not run before look wrong.
    public func startRefusal(dryRun: Bool) async throws -> String? {
        guard let attachment = self.engine.map.attachment, !attachment.isAdmitted else { return nil }
        let stored = try await attachment.storedTimes(in: self.engine)
        let isAdmitted = stored?.admits(attachment.times) == true
        if !isAdmitted, stored?.acceptance(of: attachment.times) == nil,
            let error = try await self.ageErrors().first
        {
            return """
                The times of the jobs in '\(attachment.name)' look wrong, and a first run would fail live jobs: \(error.detail). \
                Either correct the mapping or the times ('unstick doctor' says how), or, if they are right, record that \
                with 'unstick doctor --accept ages'.
                """
        }
        let isStored = isAdmitted && stored?.ran != nil
        if !dryRun, !isStored { try await attachment.store(SourceStatements(self.dialect).start, in: self.engine) }
        attachment.isAdmitted = isStored || !dryRun
        return nil
    }

    /// The name of the mapping; `nil` for Unstick's own tables.
    package var mappingName: String? { self.engine.map.attachment?.name }

    /// The errors in the times of a team's jobs, accepted or not.
    package func ageErrors() async throws -> [Finding] {
        guard self.engine.map.isAttached else { return [] }
        return try await AgesCheck(of: self.engine.map, in: self.engine).findings.filter { $0.level == .error }
    }

    /// Records that an operator accepts the times of the mapping.
    ///
    /// - Parameter name: who accepts them.
    package func acceptAges(by name: String) async throws {
        guard let attachment = self.engine.map.attachment else { return }
        try await attachment.store(SourceStatements(self.dialect).accept, by: name, in: self.engine)
    }
}
