import Foundation
import TestSupport
import Testing
import Unstick
import UnstickSQLite

/// The built `unstick`, run as a process in its own folder.
struct Tool {
    let folder: URL

    struct Ending {
        var status: Int32
        var output: String
        var errors: String

        var json: [String: Any] {
            (try? JSONSerialization.jsonObject(with: Data(self.output.utf8))) as? [String: Any] ?? [:]
        }
    }

    static func inNewFolder(_ body: (Tool) async throws -> Void) async throws {
        try await withTemporaryFolder { try await body(Tool(folder: $0)) }
    }

    /// The default database of this folder.
    func store() throws -> SQLiteStore {
        try SQLiteStore(path: self.folder.appending(path: "unstick.db").path)
    }

    /// The path of the built tool.
    var path: String {
        URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "unstick").path
    }

    func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: self.folder.appending(path: name))
    }

    /// Starts the tool without waiting for it.
    func start(_ arguments: [String], environment: [String: String] = [:]) throws -> Running {
        try Running(arguments, in: self.folder, environment: environment)
    }

    /// Runs the tool to its end.
    func callAsFunction(_ arguments: String..., environment: [String: String] = [:]) async throws -> Ending {
        try await self.start(arguments, environment: environment).ending()
    }

    /// A started tool.
    ///
    /// Its output goes to files, because a full pipe would block it.
    struct Running: Sendable {
        private let process: ChildProcess
        private let output: URL
        private let errors: URL

        fileprivate init(_ arguments: [String], in folder: URL, environment: [String: String]) throws {
            let name = UUID().uuidString
            self.output = folder.appending(path: name + ".out")
            self.errors = folder.appending(path: name + ".err")
            self.process = try ChildProcess(
                [Tool(folder: folder).path] + arguments,
                in: folder,
                environment: ["PATH": "/usr/bin:/bin"].merging(environment) { $1 },
                output: .file(self.output),
                errors: .file(self.errors)
            )
        }

        func signal(_ number: Int32) { self.process.signal(number) }

        /// Whether it handles a signal, or has ended.
        func listens(for signal: Int32) -> Bool {
            let status = (try? String(contentsOfFile: "/proc/\(self.process.id)/status", encoding: .utf8)) ?? ""
            guard !status.isEmpty, !status.contains("State:\tZ") else { return true }
            let masks = status.matches(of: /Sig(?:Ign|Cgt):\t([0-9a-f]+)/).compactMap { UInt64($0.output.1, radix: 16) }
            return status.hasPrefix("Name:\tunstick") && masks.contains { $0 & 1 << (UInt64(signal) - 1) != 0 }
        }

        /// Waits until a started server prints its address.
        func address() async throws -> String {
            for _ in 0..<600 {
                if let match = self.outputSoFar.firstMatch(of: /http:\/\/127\.0\.0\.1:[0-9]+/) {
                    return String(match.output)
                }
                try await Task.sleep(for: .milliseconds(50))
            }
            throw UnstickError(.notFound, "the server did not say where it listens: \(self.outputSoFar)")
        }

        var outputSoFar: String { (try? String(contentsOf: self.output, encoding: .utf8)) ?? "" }

        var errorsSoFar: String { (try? String(contentsOf: self.errors, encoding: .utf8)) ?? "" }

        func ending() async throws -> Ending {
            Ending(
                status: await self.process.ending(),
                output: self.outputSoFar,
                errors: self.errorsSoFar
            )
        }
    }
}
