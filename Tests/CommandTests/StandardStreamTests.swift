import Foundation
import TestSupport
import Testing
import Unstick
import UnstickSQLite

@Suite("Output streams that fail", .timeLimit(.minutes(2)))
struct StandardStreamTests {
    /// Runs the tool with a standard output of this kind, and returns its status and its error output.
    private func run(_ unstick: Tool, _ arguments: [String], output: String) async throws -> (Int32, String) {
        let errors = unstick.folder.appending(path: UUID().uuidString + ".err")
        let child = try ChildProcess(
            ["bash", "-c", #"tool=$1; shift; "$tool" "$@" \#(output)"#, "bash", unstick.path] + arguments,
            in: unstick.folder,
            environment: ["PATH": "/usr/bin:/bin"],
            errors: .file(errors)
        )
        return (await child.ending(), try String(contentsOf: errors, encoding: .utf8))
    }

    @Test("a full disk and a closed stream give one line and exit code 1; the work is done all the same")
    func fails() async throws {
        for output in [">/dev/full", ">&-"] {
            try await Tool.inNewFolder { unstick in
                #expect(try await unstick("sample").status == 0)
                for arguments in [["jobs"], ["jobs", "--json"], ["--help"], ["cleanup"], ["status"]] {
                    let (status, errors) = try await self.run(unstick, arguments, output: output)
                    #expect(status == 1, "\(arguments) \(output)")
                    #expect(errors.contains("Error: The output could not be written: "), "\(arguments): \(errors)")
                    #expect(errors.split(separator: "\n").count { $0.contains("could not be written") } == 1)
                }
                let store = try unstick.store()
                #expect(try await store.runs(before: nil, limit: 1).first?.cleanedUp ?? 0 > 0)
                try store.close()
                // Nothing was written into the database instead of the closed stream.
                #expect(try await unstick("reconcile").status == 0)
            }
        }
    }

    @Test("a reader that closed the pipe is no error, whatever SIGPIPE is set to, and the work is done")
    func pipe() async throws {
        try await Tool.inNewFolder { unstick in
            #expect(try await unstick("sample").status == 0)
            for ignores in ["", "trap '' PIPE; "] {
                let errors = unstick.folder.appending(path: "pipe.err")
                var ends = [Int32](repeating: 0, count: 2)
                #expect(Foundation.pipe(&ends) == 0)
                let child = try ChildProcess(
                    ["bash", "-c", ignores + #"exec "$0" "$@""#, unstick.path, "cleanup"],
                    in: unstick.folder,
                    environment: ["PATH": "/usr/bin:/bin"],
                    output: .descriptor(ends[1]),
                    errors: .file(errors)
                )
                close(ends[0])
                close(ends[1])
                let status = await child.ending()
                let said = try String(contentsOf: errors, encoding: .utf8)
                // Some of the sample's jobs cannot be cleaned: the exit code is the same as with a reader.
                #expect(status >= 0 && !said.contains("could not be written"), "\(said)")
            }
            #expect(try await unstick("status", "--json").json.isEmpty == false)
        }
    }

    @Test("standard error that cannot be written changes no exit code")
    func errors() async throws {
        try await Tool.inNewFolder { unstick in
            for errors in ["2>/dev/full", "2>&-"] {
                let (status, _) = try await self.run(unstick, ["jobs", "--nonsense"], output: errors)
                #expect(status == 2, "\(errors)")
            }
        }
    }

    /// A full pipe without a reader.
    private func fullPipe() throws -> (reading: Int32, writing: Int32) {
        var ends = [Int32](repeating: 0, count: 2)
        try #require(Foundation.pipe(&ends) == 0)
        let bytes = [UInt8](repeating: 32, count: 4096)
        _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
        while write(ends[1], bytes, bytes.count) > 0 {}
        _ = fcntl(ends[1], F_SETFL, 0)
        return (ends[0], ends[1])
    }

    @Test("a server whose output is not read starts, answers and stops", arguments: ["json", "text"])
    func unread(format: String) async throws {
        try await Tool.inNewFolder { unstick in
            let (port, pipe) = (try FreePort.find(), try self.fullPipe())
            let child = try ChildProcess(
                [unstick.path, "serve", "--port", "\(port)", "--schedule", "off"],
                in: unstick.folder,
                environment: ["PATH": "/usr/bin:/bin", "LOG_LEVEL": "trace", "LOG_FORMAT": format],
                output: .descriptor(pipe.writing),
                errors: .descriptor(pipe.writing)
            )
            for _ in 0..<20 {
                let answer = try await ChildProcess.run([
                    "curl", "-s", "-m", "20", "--retry", "100", "--retry-connrefused", "--retry-delay", "1",
                    "http://127.0.0.1:\(port)/healthz",
                ])
                #expect(answer == #"{"status":"ok"}"#)
            }
            child.signal(SIGTERM)
            #expect(await child.ending() == 0)
            for end in [pipe.reading, pipe.writing] { close(end) }
        }
    }

    @Test("a server starts, answers and stops in good order on a full log disk, a closed one and a closed pipe")
    func server() async throws {
        for streams in [">/dev/full 2>/dev/full", ">&- 2>&-", "> >(true) 2> >(true)"] {
            try await Tool.inNewFolder { unstick in
                let port = try FreePort.find()
                let child = try ChildProcess(
                    [
                        "bash", "-c",
                        #"trap '' PIPE; exec "$0" serve --port \#(port) --schedule off \#(streams)"#, unstick.path,
                    ],
                    in: unstick.folder,
                    environment: ["PATH": "/usr/bin:/bin", "LOG_LEVEL": "trace", "LOG_FORMAT": "json"]
                )
                let answer = try await ChildProcess.run([
                    "curl", "-s", "-m", "20", "--retry", "100", "--retry-connrefused", "--retry-delay", "1",
                    "http://127.0.0.1:\(port)/healthz",
                ])
                #expect(answer == #"{"status":"ok"}"#, "\(streams)")
                child.signal(SIGTERM)
                #expect(await child.ending() == 0, "\(streams)")
            }
        }
    }
}

/// A port that was free a moment ago.
enum FreePort {
    static func find() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, size) == 0 ? getsockname(descriptor, address, &size) : -1
            }
        }
        try #require(code == 0)
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
