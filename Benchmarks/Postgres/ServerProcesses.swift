import BenchSupport
import Foundation
import TestSupport

/// The processes of a cluster's server, measured by the kernel.
struct ServerProcesses {
    private let postmaster: String

    init(_ cluster: PostgresCluster) throws {
        let file = try String(contentsOfFile: cluster.data + "/postmaster.pid", encoding: .utf8)
        self.postmaster = file.split(separator: "\n").first.map(String.init) ?? ""
    }

    /// The processor time of the current sessions of a database.
    ///
    /// The server's other processes are not counted: the checkpointer works for all, and autovacuum starts at any time.
    func cpuSeconds(of database: String) -> Double {
        self.children.reduce(0) { sum, process in
            let title = kernelFile("/proc/\(process)/cmdline").replacing("\0", with: " ")
            guard title.hasPrefix("postgres: test \(database) ") else { return sum }
            let nanoseconds = kernelFile("/proc/\(process)/schedstat").split(separator: " ").first
            return sum + (nanoseconds.flatMap { Double($0) } ?? 0) / 1_000_000_000
        }
    }

    private var children: [Substring] {
        kernelFile("/proc/\(self.postmaster)/task/\(self.postmaster)/children").split(separator: " ")
    }

    /// The processor time of this process.
    static func ownCPUSeconds() -> Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1_000_000 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }
}
