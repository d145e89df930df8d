package import Foundation
import Synchronization

/// A temporary PostgreSQL server for the tests, or the one in `UNSTICK_TEST_DATABASE_URL`.
///
/// Each test gets a new database. The server listens on a socket in a temporary folder, and on a free port of the
/// loopback address for tests that need TCP. It ends with the process.
package final class PostgresCluster: DatabaseCluster {
    package let folder: URL
    package let port: Int
    private let environmentURL: String?
    private let count = Mutex(0)

    /// The cluster that all tests of a process share; `nil` where no server is available.
    package static let shared: PostgresCluster? = {
        if let url = ProcessInfo.processInfo.environment["UNSTICK_TEST_DATABASE_URL"] {
            return PostgresCluster(environmentURL: url)
        }
        // The data need not survive a crash of the machine, so it need not reach the disk.
        return try? PostgresCluster.start(settings: ["fsync = off"])
    }()

    /// The folder of the server's programs on Debian and similar systems.
    private static let programs: URL? = {
        let root = URL(filePath: "/usr/lib/postgresql")
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
        return versions.compactMap { Int($0) }.max().map { root.appending(path: "\($0)/bin") }
    }()

    private init(environmentURL: String) {
        self.environmentURL = environmentURL
        self.folder = URL(filePath: "/tmp")
        self.port = 5432
    }

    private init(folder: URL, port: Int) {
        self.environmentURL = nil
        self.folder = folder
        self.port = port
    }

    /// Creates and starts a cluster.
    ///
    /// - Parameter settings: further lines of its configuration.
    package static func start(settings: [String] = []) throws -> PostgresCluster {
        guard programs != nil else { throw ChildProcess.Failure(text: "no PostgreSQL server is installed") }
        let folder = URL(filePath: "/tmp/unstick-pg-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let cluster = PostgresCluster(folder: folder, port: try freePort())
        if getuid() == 0 { try run("chown", ["postgres", folder.path]) }
        try cluster.program(
            "initdb",
            ["-D", cluster.data, "-U", "test", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"]
        )
        let configuration =
            [
                "unix_socket_directories = '\(folder.path)'", "port = \(cluster.port)",
                "listen_addresses = '127.0.0.1'", "max_connections = 200", "shared_buffers = 256MB",
                "max_wal_size = 2GB", "log_min_messages = fatal", "deadlock_timeout = 500ms",
            ] + settings
        try cluster.append(configuration, to: "postgresql.conf")
        try cluster.begin()
        try cluster.endWithThisProcess()
        return cluster
    }

    /// However this process ends: a shell waits for that, and stops the server.
    private func endWithThisProcess() throws {
        _ = try ChildProcess([
            "/bin/sh", "-c",
            """
            while kill -0 \(ProcessInfo.processInfo.processIdentifier) 2>/dev/null; do sleep 1; done
            kill -QUIT $(head -n 1 '\(self.data)/postmaster.pid') 2>/dev/null; sleep 1; rm -rf '\(self.folder.path)'
            """,
        ])
    }

    package var data: String { self.folder.appending(path: "data").path }

    /// Adds lines to a file of the cluster.
    package func append(_ lines: [String], to file: String) throws {
        let path = self.data + "/" + file
        try Self.asServer(["/bin/sh", "-c", "cat >> '\(path)' <<'END'\n" + lines.joined(separator: "\n") + "\nEND"])
    }

    package func begin() throws {
        try self.program("pg_ctl", ["-D", self.data, "-l", self.folder.path + "/log", "-w", "start"])
    }

    /// - Parameter mode: `fast`, or `immediate` for a crash.
    package func stop(_ mode: String = "fast") throws {
        try self.program("pg_ctl", ["-D", self.data, "-m", mode, "-w", "stop"])
    }

    package func restart(_ mode: String) throws {
        try self.program("pg_ctl", ["-D", self.data, "-m", mode, "-w", "-l", self.folder.path + "/log", "restart"])
    }

    package func crash() throws { try self.restart("immediate") }

    package func deadlocks(in url: String) throws -> Int {
        let statistics = "pg_stat_database WHERE datname = current_database()"
        return Int(try self.sql("SELECT deadlocks FROM \(statistics)", in: url)) ?? 0
    }

    package func waitingTransactions(in url: String) throws -> Int {
        let sessions = "pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        return Int(try self.sql("SELECT count(*) FROM \(sessions)", in: url)) ?? 0
    }

    /// Runs one of the server's programs as the user that it requires.
    package func program(_ name: String, _ arguments: [String]) throws {
        guard let programs = Self.programs else {
            throw ChildProcess.Failure(text: "no PostgreSQL server is installed")
        }
        try Self.asServer([programs.appending(path: name).path] + arguments)
    }

    private static func asServer(_ command: [String]) throws {
        let user = getuid() == 0 ? ["runuser", "-u", "postgres", "--"] : []
        // A started server keeps the stream of its output open for as long as it runs.
        guard command.contains("start") || command.contains("restart") else {
            try ChildProcess.runBlocking(user + command)
            return
        }
        guard try ChildProcess(user + command).wait() == 0 else {
            throw ChildProcess.Failure(text: "\(command) failed; the server's log is beside its data")
        }
    }

    /// A streaming replica of this cluster, on its own port.
    package func startReplica() throws -> PostgresCluster {
        let folder = URL(filePath: "/tmp/unstick-pg-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        if getuid() == 0 { try Self.run("chown", ["postgres", folder.path]) }
        let replica = PostgresCluster(folder: folder, port: try Self.freePort())
        try self.program(
            "pg_basebackup",
            [
                "-D", replica.data, "-R", "-X", "stream", "-c", "fast", "-U", "test", "-h", self.folder.path, "-p",
                "\(self.port)",
            ]
        )
        try replica.append(
            ["unix_socket_directories = '\(folder.path)'", "port = \(replica.port)", "hot_standby = on"],
            to: "postgresql.auto.conf"
        )
        try replica.begin()
        try replica.endWithThisProcess()
        return replica
    }

    package func promote() throws {
        try self.program("pg_ctl", ["-D", self.data, "-w", "promote"])
    }

    package func remove() {
        guard self.environmentURL == nil else { return }
        try? self.stop("immediate")
        try? FileManager.default.removeItem(at: self.folder)
    }

    /// A new, empty database, as a connection string.
    package func makeDatabase() throws -> String {
        let name = self.count.withLock { count in
            count += 1
            return "test_\(ProcessInfo.processInfo.processIdentifier)_\(count)"
        }
        try self.sql("CREATE DATABASE \(name)", in: self.url(of: "postgres"))
        return self.url(of: name)
    }

    /// Leaves nothing behind on an external server; the tests' own is removed as a whole.
    package func dropDatabase(_ url: String) {
        guard self.environmentURL != nil, let components = URLComponents(string: url) else { return }
        _ = try? self.sql(
            "DROP DATABASE IF EXISTS \(components.path.dropFirst()) WITH (FORCE)",
            in: self.url(of: "postgres")
        )
    }

    package func url(of database: String) -> String {
        if let environmentURL, var components = URLComponents(string: environmentURL) {
            components.path = "/" + database
            return components.string ?? environmentURL
        }
        return "postgresql://test@/\(database)?host=\(self.folder.path)&port=\(self.port)"
    }

    /// The same over TCP.
    package func tcpURL(_ url: String, port: Int? = nil) -> String {
        url.replacing("host=\(self.folder.path)&port=\(self.port)", with: "host=127.0.0.1&port=\(port ?? self.port)")
    }

    /// Runs SQL without the store, and returns its output: a line for each row, columns separated by `|`.
    @discardableResult
    package func sql(_ sql: String, in url: String) throws -> String {
        try Self.run("psql", [url, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql])
    }

    /// Runs a file of SQL.
    package func script(_ file: URL, in url: String) throws {
        try Self.run("psql", [url, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", file.path])
    }

    /// Runs a command to its end; see ``ChildProcess/runBlocking(_:)``.
    @discardableResult
    package static func run(_ program: String, _ arguments: [String]) throws -> String {
        try ChildProcess.runBlocking([program] + arguments)
    }

    /// A port on which no program listens now.
    package static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 && getsockname(descriptor, address, &length) == 0
            }
        }
        guard bound else { throw ChildProcess.Failure(text: "no free port") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}

extension PostgresCluster {
    /// Makes a file of the cluster readable to the server only.
    package func protect(_ file: String) throws {
        try Self.run("chmod", ["600", self.data + "/" + file])
    }

    /// A PgBouncer in transaction mode in front of this cluster.
    package struct Bouncer {
        package let port: Int
        fileprivate let process: ChildProcess

        package func stop() { self.process.signal(SIGTERM) }
    }

    /// - Parameter sessions: how many sessions of the server all clients share.
    package func startBouncer(sessions: Int) throws -> Bouncer {
        let port = try Self.freePort()
        let file = self.folder.appending(path: "pgbouncer-\(port).ini")
        try """
        [databases]
        * = host=127.0.0.1 port=\(self.port) user=test
        [pgbouncer]
        listen_addr = 127.0.0.1
        listen_port = \(port)
        unix_socket_dir =
        auth_type = any
        pool_mode = transaction
        default_pool_size = \(sessions)
        max_client_conn = 200
        """.write(to: file, atomically: true, encoding: .utf8)
        let user = getuid() == 0 ? ["runuser", "-u", "postgres", "--"] : []
        let process = try ChildProcess(user + ["/usr/sbin/pgbouncer", "-q", file.path])
        return Bouncer(port: port, process: process)
    }
}
