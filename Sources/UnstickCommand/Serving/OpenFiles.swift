import Foundation
import Unstick

/// The limit for open files and connections of the process.
enum OpenFiles {
    /// The server opens fewer than this, so it requests no more.
    private static let enough: rlim_t = 65_536

    /// The minimum for the database, the log and some connections.
    private static let fewest = 128

    /// Raises the limit as far as an unprivileged process can.
    ///
    /// - Returns: the new limit.
    /// - Throws: `invalidArgument` where that is too low.
    static func raiseLimit() throws -> Int {
        var limit = rlimit()
        guard getrlimit(Self.resource, &limit) == 0 else { return 1024 }
        var raised = limit
        raised.rlim_cur = max(limit.rlim_cur, min(limit.rlim_max, Self.enough))
        if setrlimit(Self.resource, &raised) == 0 { limit = raised }
        let files = Int(clamping: limit.rlim_cur)
        guard files >= Self.fewest else {
            throw UnstickError(
                .invalidArgument,
                "The limit of open files is \(files), and the server needs at least \(Self.fewest). Raise the "
                    + "limit: 'ulimit -n', or LimitNOFILE in its unit."
            )
        }
        return files
    }

    #if canImport(Darwin)
    private static let resource = RLIMIT_NOFILE
    #else
    private static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #endif
}
