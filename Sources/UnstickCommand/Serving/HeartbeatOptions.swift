import Foundation
import Unstick
import UnstickServer

/// Telling a cron monitor of runs.
enum HeartbeatOptions {
    /// - Throws: `invalidArgument` for what is no URL to call; the URL itself is a secret and is not said.
    static func url(_ text: String) throws -> MonitorURL {
        do {
            return try MonitorURL(text)
        } catch {
            throw UnstickError(.invalidArgument, "HEARTBEAT_URL cannot be used: \(error)")
        }
    }

    /// The monitor that the environment names.
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
    /// Tells the monitor of each run.
    var observer: RunObserver {
        {
            let run = self.started()
            return { failure in
                if let failure { self.failed(run, reason: failure) } else { self.succeeded(run) }
            }
        }
    }
}
