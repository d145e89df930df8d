package import Foundation
import Synchronization

/// A temporary MariaDB server for the tests.
///
/// Each test gets a new database. The server listens on a socket in a temporary folder and on a free port of the
/// loopback address. It ends with the process.
package final class MariaDBCluster: DatabaseCluster {
    package let folder: URL
    package let port: Int
    private let settings: [String]
    private let server = Mutex<ChildProcess?>(nil)
    private let count = Mutex(0)

    /// The server that all tests of a process share; `nil` where none can be started.
    package static let shared: MariaDBCluster? = try? MariaDBCluster.start(settings: [
        // The tests' data need not survive a crash of the machine, so it need not reach the disk.
        "--innodb-flush-log-at-trx-commit=0", "--sync-binlog=0", "--skip-innodb-doublewrite",
    ])

    private static let program = "/usr/sbin/mariadbd"

    private init(folder: URL, port: Int, settings: [String]) {
        (self.folder, self.port, self.settings) = (folder, port, settings)
    }

    /// Creates and starts a server.
    ///
    /// - Parameter settings: further options of its command line.
    package static func start(settings: [String] = []) throws -> MariaDBCluster {
        guard FileManager.default.isExecutableFile(atPath: self.program) else {
            throw ChildProcess.Failure(text: "no MariaDB server is installed")
        }
        let folder = URL(filePath: "/tmp/unstick-maria-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let cluster = MariaDBCluster(folder: folder, port: try PostgresCluster.freePort(), settings: settings)
        do {
            try cluster.create()
        } catch {
            cluster.remove()
            throw error
        }
        return cluster
    }

    private func create() throws {
        if getuid() == 0 { try ChildProcess.runBlocking(["chown", "mysql", self.folder.path]) }
        try ChildProcess.runBlocking(
            ["mariadb-install-db"] + self.location + ["--auth-root-authentication-method=normal", "--skip-test-db"]
        )
        try self.begin()
        try self.sql(
            "CREATE USER test@'%'; GRANT ALL ON *.* TO test@'%' WITH GRANT OPTION; DROP USER IF EXISTS ''@localhost"
        )
    }

    /// The folder of the data, and its owner.
    private var location: [String] {
        ["--no-defaults", "--datadir=\(self.folder.path)/data", "--tmpdir=\(self.folder.path)"]
            + (getuid() == 0 ? ["--user=mysql"] : [])
    }

    private var log: String { self.folder.path + "/server.err" }

    private var socket: String { self.folder.path + "/socket" }

    /// Starts the server, and waits until it answers.
    package func begin() throws {
        let process = try ChildProcess(
            [Self.program] + self.location + [
                "--socket=\(self.socket)", "--port=\(self.port)", "--bind-address=127.0.0.1", "--max-connections=300",
                "--pid-file=\(self.folder.path)/pid", "--log-error=\(self.log)", "--skip-name-resolve",
            ] + self.settings
        )
        self.server.withLock { $0 = process }
        try self.endWithThisProcess(process)
        for _ in 0..<600 {
            if (try? self.sql("SELECT 1")) != nil { return }
            Thread.sleep(forTimeInterval: 0.1)
        }
        throw ChildProcess.Failure(text: "the MariaDB server does not start; its log is \(self.log)")
    }

    /// However this process ends: a shell waits for that, and stops the server.
    private func endWithThisProcess(_ server: ChildProcess) throws {
        _ = try ChildProcess([
            "/bin/sh", "-c",
            """
            while kill -0 \(ProcessInfo.processInfo.processIdentifier) 2>/dev/null; do
                kill -0 \(server.id) 2>/dev/null || exit 0; sleep 1
            done
            kill -KILL \(server.id) 2>/dev/null; sleep 1; rm -rf '\(self.folder.path)'
            """,
        ])
    }

    /// Stops the server.
    ///
    /// - Parameter signal: `SIGTERM`, or `SIGKILL` for a crash.
    package func stop(_ signal: Int32 = SIGTERM) {
        let process = self.server.withLock { server in
            defer { server = nil }
            return server
        }
        process?.signal(signal)
        _ = process?.wait()
    }

    /// Makes the server hang by stopping all of its threads.
    package func hang() throws {
        guard let id = self.server.withLock({ $0?.id }) else { return }
        kill(id, SIGSTOP)
        let threads = URL(filePath: "/proc/\(id)/task")
        while true {
            let names = try FileManager.default.contentsOfDirectory(atPath: threads.path)
            let states = try names.map { name in
                try String(contentsOf: threads.appending(path: name).appending(path: "stat"), encoding: .utf8)
            }
            if states.allSatisfy({ $0.contains(") T ") }) { return }
            sched_yield()
        }
    }

    /// Resumes a server that hangs.
    package func goOn() { self.server.withLock { $0 }?.signal(SIGCONT) }

    /// Stops the server and starts it again.
    package func restart(_ signal: Int32) throws {
        self.stop(signal)
        try self.begin()
    }

    package func crash() throws { try self.restart(SIGKILL) }

    package func deadlocks(in url: String) throws -> Int {
        let status = "information_schema.global_status WHERE variable_name = 'INNODB_DEADLOCKS'"
        return Int(try self.sql("SELECT variable_value FROM \(status)")) ?? 0
    }

    package func waitingTransactions(in url: String) throws -> Int {
        // Unlike innodb_lock_waits, it is not a copy that repeated reads keep from being refreshed.
        let status = "information_schema.global_status WHERE variable_name = 'INNODB_ROW_LOCK_CURRENT_WAITS'"
        return Int(try self.sql("SELECT variable_value FROM \(status)")) ?? 0
    }

    /// Stops the server at once and removes its data.
    package func remove() {
        self.stop(SIGKILL)
        try? FileManager.default.removeItem(at: self.folder)
    }

    /// A new, empty database, as a URL.
    package func makeDatabase() throws -> String {
        let name = self.count.withLock { count in
            count += 1
            return "test_\(count)"
        }
        try self.sql("CREATE DATABASE \(name) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
        return self.url(of: name)
    }

    /// Removes a database and its data.
    package func dropDatabase(_ url: String) {
        _ = try? self.sql("DROP DATABASE IF EXISTS \(Self.database(of: url))")
    }

    /// The name of the database in a URL.
    package static func database(of url: String) -> String {
        URLComponents(string: url).map { String($0.path.dropFirst()) } ?? ""
    }

    package func url(of database: String) -> String { "mysql://test@localhost/\(database)?socket=\(self.socket)" }

    /// The same over TCP.
    package func tcpURL(_ url: String, port: Int? = nil) -> String {
        "mysql://test@127.0.0.1:\(port ?? self.port)/\(Self.database(of: url))"
    }

    /// Runs SQL without the store, and returns its output: a line for each row, columns separated by a tab.
    @discardableResult
    package func sql(_ sql: String, in url: String? = nil) throws -> String {
        let database = url.map { [Self.database(of: $0)] } ?? []
        return try ChildProcess.runBlocking(
            ["mariadb", "--no-defaults", "-S", self.socket, "-u", "root", "-N", "-B", "-r", "-e", sql] + database
        )
    }
}
