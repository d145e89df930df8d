import BenchSupport
import Foundation
import TestSupport

/// The server of a bench, with durable commits.
///
/// Each drain starts with a copy of the same files, on an otherwise idle server.
struct BenchServer {
    private static let settings = [
        "--innodb-flush-log-at-trx-commit=1", "--innodb-doublewrite=1", "--innodb-buffer-pool-size=1G",
        "--innodb-log-file-size=512M",
        // The pages are read before a drain, not during it.
        "--innodb-buffer-pool-load-at-startup=0",
    ]

    let cluster: MariaDBCluster

    init() throws {
        self.cluster = try MariaDBCluster.start(settings: Self.settings)
    }

    private var data: String { self.cluster.folder.path + "/data" }
    private var kept: String { self.cluster.folder.path + "/kept" }

    /// Saves the current files for ``restore()``; the server stops.
    func keep() throws {
        // All background work is done first.
        try self.cluster.sql("SET GLOBAL innodb_fast_shutdown = 0")
        self.cluster.stop()
        try ChildProcess.runBlocking(["mv", self.data, self.kept])
    }

    /// Starts the server with the saved files, and reads all of them once.
    func restore() throws {
        self.cluster.stop(SIGKILL)
        try ChildProcess.runBlocking(["rm", "-rf", self.data])
        try ChildProcess.runBlocking(["cp", "-a", "--reflink=auto", self.kept, self.data])
        try self.cluster.begin()
        let reads = try self.cluster.sql(
            """
            SELECT DISTINCT concat('SELECT count(*) FROM ', table_schema, '.', table_name, ' FORCE INDEX (`', index_name, '`);')
            FROM information_schema.statistics WHERE table_schema LIKE 'test%'
            """
        )
        try self.cluster.sql(reads)
    }

    /// The processor time of the server so far.
    func cpuSeconds() -> Double {
        let id = (try? String(contentsOf: self.cluster.folder.appending(path: "pid"), encoding: .utf8)) ?? ""
        let file = kernelFile("/proc/\(id.trimmingCharacters(in: .whitespacesAndNewlines))/stat")
        // The name, in brackets, may have spaces; the eleventh and twelfth number after it are the times.
        let numbers = file.split(separator: ")").last?.split(separator: " ").dropFirst(11).prefix(2) ?? []
        return numbers.compactMap { Double($0) }.reduce(0, +) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}
