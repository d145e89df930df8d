import Foundation
import TestSupport
import Testing

@Suite("Hostile connections", .timeLimit(.minutes(2)))
struct HostileConnectionTests {
    /// Starts a server with this limit for open files, and returns its port when it answers.
    private func withServer(files: Int, _ body: (ChildProcess, Int) async throws -> Void) async throws {
        try await Tool.inNewFolder { unstick in
            let port = try FreePort.find()
            let child = try ChildProcess(
                [
                    "bash", "-c", #"ulimit -n \#(files); exec "$0" serve --port \#(port) --schedule off"#, unstick.path,
                ],
                in: unstick.folder,
                environment: ["PATH": "/usr/bin:/bin"]
            )
            #expect(try await Self.health(port) == #"{"status":"ok"}"#)
            try await body(child, port)
            #expect(try await Self.health(port) == #"{"status":"ok"}"#)
            child.signal(SIGTERM)
            #expect(await child.ending() == 0)
        }
    }

    private static func health(_ port: Int) async throws -> String {
        try await ChildProcess.run([
            "curl", "-s", "-m", "20", "--retry", "100", "--retry-connrefused", "--retry-delay", "1",
            "http://127.0.0.1:\(port)/healthz",
        ])
    }

    /// A non-blocking connection to the server.
    private func connection(_ port: Int) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let code = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        #expect(code == 0)
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        return descriptor
    }

    @Test("more connections than its open files do not end it, and block no caller")
    func manyConnections() async throws {
        try await self.withServer(files: 128) { _, port in
            for _ in 0..<2 {
                let open = try (0..<300).map { _ in try self.connection(port) }
                #expect(try await Self.health(port) == #"{"status":"ok"}"#)
                for descriptor in open { close(descriptor) }
            }
        }
    }

    @Test("callers who send requests and read no answers use bounded memory")
    func noReaders() async throws {
        try await self.withServer(files: 4096) { server, port in
            let before = try self.memory(of: server)
            let requests = Array(
                String(repeating: "GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n", count: 2000).utf8
            )
            let open = try (0..<100).map { _ in try self.connection(port) }
            for _ in 0..<5 {
                for descriptor in open { _ = send(descriptor, requests, requests.count, Int32(MSG_NOSIGNAL)) }
                #expect(try await Self.health(port) == #"{"status":"ok"}"#)
            }
            let grown = try self.memory(of: server) - before
            #expect(grown < 100_000, "\(grown) kB")
            for descriptor in open { close(descriptor) }
        }
    }

    /// The peak memory of a process, in kB.
    private func memory(of process: ChildProcess) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process.id)/status", encoding: .utf8)
        let match = try #require(status.firstMatch(of: /VmHWM:\s+([0-9]+)/))
        return try #require(Int(match.output.1))
    }
}
