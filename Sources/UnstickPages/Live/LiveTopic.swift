import Unstick
import UnstickServer

/// The data that an open page watches.
enum LiveTopic: Hashable, Sendable, LosslessStringConvertible {
    /// What is stuck, the last run, alerts, and the newest job.
    case overview
    /// One job.
    case job(ExactText)
    /// One run.
    case run(String)
    /// One action on many jobs.
    case bulk(String)
    /// The limits learned from past jobs.
    case past

    init?(_ description: String) {
        let parts = description.split(separator: ":", maxSplits: 1).map(String.init)
        switch (parts.first, parts.dropFirst().first) {
        case ("overview", nil): self = .overview
        case ("past", nil): self = .past
        case ("job", let id?) where id.utf8.count <= Limits.idBytes: self = .job(id.exact)
        case ("run", let id?) where id.utf8.count <= Limits.idBytes: self = .run(id)
        case ("bulk", let id?) where id.utf8.count <= Limits.idBytes: self = .bulk(id)
        default: return nil
        }
    }

    var description: String {
        switch self {
        case .overview: "overview"
        case .past: "past"
        case .job(let id): "job:\(id.text)"
        case .run(let id): "run:\(id)"
        case .bulk(let id): "bulk:\(id)"
        }
    }
}

/// The state of a topic, as a number that changes with it.
struct LiveLook: Sendable {
    let api: UnstickAPI
    let past: LearnedPast
    let overview: Recent<StuckOverview>

    func digest(of topic: LiveTopic) async throws -> Int {
        var hasher = Hasher()
        let store = self.api.store
        switch topic {
        case .overview: try await self.add(overviewTo: &hasher)
        case .job(let id):
            hasher.combine(try await store.job(id.text))
            hasher.combine(try await store.lease(of: id.text))
        case .run(let id): hasher.combine(try await store.run(id))
        case .bulk(let id): hasher.combine(try await store.bulkAction(id))
        case .past: hasher.combine(await self.past.outcome)
        }
        return hasher.finalize()
    }

    /// Each of these is an index lookup.
    private func add(overviewTo hasher: inout Hasher) async throws {
        let store = self.api.store
        let overview = try await self.overview.renewed()
        hasher.combine(overview.kinds)
        hasher.combine(overview.running)
        hasher.combine(overview.pause)
        hasher.combine(overview.holds)
        hasher.combine(try await store.runs(before: nil, limit: 1))
        hasher.combine(try await store.alerts().filter(\.isFiring).map(\.name))
        // A team's own tables have no list of jobs.
        hasher.combine((try? await store.jobs(JobFilter(), after: nil, limit: 1))?.rows.first?.id)
    }
}
