import Foundation
import TestSupport
import Testing
import Unstick
import UnstickSQLite

@Suite("The Python example", .timeLimit(.minutes(2)))
struct WorkerExampleTests {
    private static let script = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Examples/Python/worker.py").standardizedFileURL.path

    private func wait(_ what: String, until condition: () async throws -> Bool) async throws {
        for _ in 0..<600 {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw UnstickError(.notFound, "never came: \(what)")
    }

    @Test("processes the jobs of its kinds through the API, and drains on SIGTERM")
    func works() async throws {
        try await Tool.inNewFolder { unstick in
            let store = try unstick.store()
            let tokens = TokenBalanceManager(store: store)
            try await tokens.addTokens(100, to: "ada", key: "start")
            for (id, kind) in [("a/b 'c'", "image"), ("second", "image"), ("other", "video")] {
                let job = NewJob(id: id, userID: "ada", kind: kind, tokensCost: 8, payload: #"{"prompt":"a cat"}"#)
                _ = try await store.create(job)
            }
            let token = try await unstick("key", "create", "gpu", "--role", "worker", "--json").json
            let server = try unstick.start(["serve", "--port", "0", "--schedule", "off"])
            let address = try await server.address()
            let output = unstick.folder.appending(path: "worker.out")
            let worker = try ChildProcess(
                ["/usr/bin/env", "python3", Self.script, "image"],
                in: unstick.folder,
                environment: [
                    "PATH": "/usr/bin:/bin", "UNSTICK_URL": address,
                    "UNSTICK_TOKEN": try #require(token["token"] as? String),
                ],
                output: .file(output),
                errors: .file(unstick.folder.appending(path: "worker.err"))
            )
            try await self.wait("two completed jobs") {
                try await store.jobs(JobFilter(status: .completed), after: nil, limit: 10).rows.count == 2
            }
            #expect(try await store.job("other")?.status == .pending)
            // It waits for more: a job that arrives now is claimed at once.
            let late = NewJob(id: "late", userID: "ada", kind: "image", tokensCost: 8)
            _ = try await store.create(late)
            try await self.wait("the late job") { try await store.job("late")?.status == .completed }
            worker.signal(SIGTERM)
            #expect(await worker.ending() == 0)
            let said = try String(contentsOf: output, encoding: .utf8)
            #expect(said.contains("working on a/b 'c' {'prompt': 'a cat'}"), "\(said)")
            server.signal(SIGTERM)
            #expect(try await server.ending().status == 0)
            #expect(try await store.balance(of: "ada") == 68)
            try store.close()
        }
    }
}
