import Foundation
import Unstick
import UnstickServer

/// Reports runs to a cron monitor.
enum HeartbeatOptions {
    /// - Throws: `invalidArgument` for an invalid URL; the error does not contain the URL, which is a secret.
    static func url(_ text: String) throws -> MonitorURL {
        do {
            return try MonitorURL(text)
        } catch {
            throw UnstickError(.invalidArgument, "HEARTBEAT_URL cannot be used: \(error)")
        }
    }

    /// The monitor of the environment.
    static func fromEnvironment() throws -> HeartbeatMonitor? {
        try Settings()[.heartbeatURL].map { HeartbeatMonitor(url: try Self.url($0), logger: try .command) }
    }

    /// Runs one run that a monitor observes; its last ping is sent before this returns, in 3 s at most.
    static func pinging(
        _ monitor: HeartbeatMonitor?,
        _ pass: (RunObserver?) async throws -> CleanupResult
    ) async throws -> CleanupResult {
        guard let monitor else { return try await pass(nil) }
        async let pings: Void = monitor.run()
        do {
            let result = try await pass(monitor.observer)
            await monitor.shutdown()
            await pings
            return result
        } catch {
            await monitor.shutdown()
            await pings
            throw error
        }
    }
}

extension HeartbeatMonitor {
    /// Reports each run to the monitor.
    var observer: RunObserver {
        {
            let run = self.started()
            return { failure in
                if let failure { self.failed(run, reason: failure) } else { self.succeeded(run) }
            }
        }
    }
}
