/// A service that raises an alarm when pings stay away, known by what it wants to be called with.
enum MonitoringService: Hashable, Sendable {
    /// Healthchecks, hosted or not, and those that are called like it.
    case healthchecks
    /// Cronitor.
    case cronitor
    /// Sentry Crons.
    case sentry

    /// Tells by a URL's host, in lower case, and its path which service it is for.
    init(host: String, path: String) {
        if ["cronitor.link", "cronitor.io"].contains(where: { host == $0 || host.hasSuffix(".\($0)") }) {
            self = .cronitor
        } else if host.contains("sentry") || Self.isCheckIn(path) {
            self = .sentry
        } else {
            self = .healthchecks
        }
    }

    /// Tells whether a path has `/api/<number>/cron/` in it, as Sentry's have on any host.
    private static func isCheckIn(_ path: String) -> Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return parts.indices.dropLast(3).contains { index in
            parts[index] == "api" && parts[index + 2] == "cron" && !parts[index + 1].isEmpty
                && parts[index + 1].utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        }
    }
}
