import Foundation
import TestSupport
import Testing
import Unstick
import UnstickSQLite

/// A Prometheus that scrapes a server and evaluates the rules of `deploy/`.
private struct Prometheus {
    static let rules = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../deploy/prometheus/unstick-alerts.yml").standardizedFileURL

    /// The program, where it is installed.
    static let program: String? = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .map { "\($0)/prometheus" }
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    let process: ChildProcess
    private let address: String
    private let log: URL

    /// Starts it; it scrapes a port of the loopback address every second.
    init(scraping port: String, token: String, in folder: URL) throws {
        let program = try #require(Self.program)
        let listens = "127.0.0.1:\(try PostgresCluster.freePort())"
        let settings = folder.appending(path: "prometheus.yml")
        try Data(token.utf8).write(to: folder.appending(path: "prometheus-token"))
        let text = """
            global: {scrape_interval: 1s, evaluation_interval: 1s}
            rule_files: ["\(Self.rules.path)"]
            scrape_configs:
              - job_name: unstick
                authorization: {credentials_file: prometheus-token}
                static_configs: [{targets: ["127.0.0.1:\(port)"]}]
            """
        try Data(text.utf8).write(to: settings)
        self.address = "http://\(listens)/api/v1/"
        self.log = folder.appending(path: "prometheus.log")
        self.process = try ChildProcess(
            [
                program, "--config.file=\(settings.path)", "--log.level=warn", "--web.listen-address=\(listens)",
                "--storage.tsdb.path=\(folder.appending(path: "prometheus").path)",
            ],
            in: folder,
            output: .file(self.log),
            errors: .file(self.log)
        )
    }

    /// Its error output.
    var complaints: String { (try? String(contentsOf: self.log, encoding: .utf8)) ?? "" }

    /// The answer of its API; nothing while it does not answer yet.
    private func data(_ path: String, _ parameters: String...) async -> [String: Any] {
        let fields = parameters.flatMap { ["--data-urlencode", $0] }
        // It refuses connections until it has started, so the request is repeated.
        let answer = try? await ChildProcess.run(["curl", "-s", "-m", "5", "-G"] + fields + [self.address + path])
        let json = try? JSONSerialization.jsonObject(with: Data((answer ?? "").utf8))
        return (json as? [String: Any])?["data"] as? [String: Any] ?? [:]
    }

    /// The values of the series of a query, by one of their labels.
    func values(of query: String, by label: String) async -> [String: Double] {
        let series = await self.data("query", "query=\(query)")["result"] as? [[String: Any]] ?? []
        var values: [String: Double] = [:]
        for one in series {
            let name = (one["metric"] as? [String: Any])?[label] as? String
            let value = (one["value"] as? [Any])?.last as? String
            values[name ?? "without \(label)"] = value.flatMap { Double($0) }
        }
        return values
    }

    /// The alerts of its rules, each with the result of the evaluation.
    func alerts() async -> [(name: String, health: String)] {
        let groups = await self.data("rules")["groups"] as? [[String: Any]] ?? []
        return groups.flatMap { $0["rules"] as? [[String: Any]] ?? [] }.map { rule in
            let error = (rule["lastError"] as? String).map { " \($0)" } ?? ""
            return (rule["name"] as? String ?? "", (rule["health"] as? String ?? "") + error)
        }
    }
}

@Suite(
    "Prometheus scrapes",
    .enabled(if: Prometheus.program != nil, "Prometheus is not installed: scripts/install-dependencies test"),
    .timeLimit(.minutes(5))
)
struct PrometheusScrapeTests {
    /// 7 images and 5 videos that are stuck, and an image in progress.
    private func addJobs(to store: SQLiteStore) async throws {
        let now = try await store.now()
        let batch = try await store.beginImport()
        _ = try await batch.stage(
            (0..<13).map { index in
                let began = now - .seconds(index < 12 ? 3000 : 5)
                return Job(
                    id: "job-\(index)",
                    userID: "ada",
                    kind: index < 5 ? "video" : "image",
                    tokensCost: 3,
                    status: .processing,
                    attempt: 1,
                    createdAt: began,
                    processingStartedAt: began,
                    updatedAt: began
                )
            }
        )
        _ = try await batch.commit { _, _ in }
    }

    /// Repeats the request until the answer is the expected one, for at most 30 seconds.
    private func expect<Answer: Equatable>(
        _ expected: Answer,
        _ sourceLocation: SourceLocation = #_sourceLocation,
        from ask: () async -> Answer
    ) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        var answer = await ask()
        while answer != expected, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(100))
            answer = await ask()
        }
        #expect(answer == expected, sourceLocation: sourceLocation)
    }

    /// The result of the body, so that started processes can be ended in both cases.
    private func result(of body: () async throws -> Void) async -> Result<Void, any Error> {
        do {
            return .success(try await body())
        } catch {
            return .failure(error)
        }
    }

    private func check(at prometheus: Prometheus) async throws {
        try await self.expect(["unstick": 1]) { await prometheus.values(of: "up", by: "job") }
        try await self.expect([UnstickVersion.current: 1]) {
            await prometheus.values(of: "unstick_build_info", by: "version")
        }
        try await self.expect(["image": 7, "video": 5]) {
            await prometheus.values(of: "unstick_stuck_jobs", by: "kind")
        }
        try await self.expect(["unstick": 13]) { await prometheus.values(of: "unstick_running_jobs", by: "job") }
        // More than ten are stuck, but not yet for five minutes.
        try await self.expect(["pending": 1]) {
            await prometheus.values(of: #"ALERTS{alertname="UnstickManyStuck"}"#, by: "alertstate")
        }
        try await self.expect(["ok"]) { Set(await prometheus.alerts().map(\.health)) }
        let written = try String(contentsOf: Prometheus.rules, encoding: .utf8).matches(of: /- alert: (\w+)/)
        try await self.expect(written.map { String($0.output.1) }) { await prometheus.alerts().map(\.name) }
    }

    @Test("a scrape with a viewer's key has the real values, and every rule of deploy/ can be evaluated")
    func scraped() async throws {
        try await Tool.inNewFolder { unstick in
            let store = try unstick.store()
            try await self.addJobs(to: store)
            try store.close()
            let made = try await unstick("key", "create", "prometheus", "--role", "viewer", "--json").json
            let token = try #require(made["token"] as? String)
            let server = try unstick.start(["serve", "--port", "0", "--schedule", "off"])
            let scraped = await self.result {
                let port = String(try await server.address().split(separator: ":")[2])
                let prometheus = try Prometheus(scraping: port, token: token, in: unstick.folder)
                let checked = await self.result { try await self.check(at: prometheus) }
                prometheus.process.signal(SIGTERM)
                let status = await prometheus.process.ending()
                #expect(status == 0, "\(prometheus.complaints)")
                try checked.get()
            }
            server.signal(SIGTERM)
            let ending = try await server.ending()
            #expect(ending.status == 0, "\(ending.errors)")
            try scraped.get()
        }
    }
}
