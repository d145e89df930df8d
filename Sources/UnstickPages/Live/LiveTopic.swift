import Unstick

/// What an open page watches.
enum LiveTopic: Hashable, Sendable, LosslessStringConvertible {
    /// What is stuck, the last pass, alerts, and the newest job.
    case overview
    /// One job.
    case job(ExactText)
    /// One pass.
    case run(String)
    /// One action on many jobs.
    case bulk(String)
    /// What is learned of the past.
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
