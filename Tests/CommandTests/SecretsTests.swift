import Foundation
import Synchronization
import TestSupport
import TestTags
import Testing
import Unstick

/// A value that must appear nowhere, with the name that a failure prints instead.
private struct Secret {
    let name: String
    let value: String
    /// What reveals it: the whole or either half of it, as it is or as outputs encode it, in lower case.
    private let traces: Set<String>

    init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
        let half = value.count / 2
        // Shorter halves could appear by chance.
        let parts = half < 8 ? [value] : [value, String(value.prefix(half)), String(value.suffix(half))]
        self.traces = Set(parts.flatMap(Self.encodings).map { $0.lowercased() })
    }

    /// Makes a value: letters and digits, with two characters in the middle that percent-encoding and JSON escape.
    static func random(_ name: String) -> Secret { Secret(name, self.letters(20) + "+/" + self.letters(20)) }

    /// Makes a value for places where these would have a meaning.
    static func plain(_ name: String) -> Secret { Secret(name, self.letters(40)) }

    private static func letters(_ count: Int) -> String {
        let all = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
        return String((0..<count).map { _ in all[Int.random(in: all.indices)] })
    }

    var halves: (String, String) {
        (String(self.value.prefix(self.value.count / 2)), String(self.value.dropFirst(self.value.count / 2)))
    }

    private static func encodings(of text: String) -> [String] {
        let hex = text.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let percent = text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? text
        let base64 = (0..<3).map { self.base64(of: text, behind: $0) }
        let base64URL = base64.map { $0.replacing("+", with: "-").replacing("/", with: "_") }
        return [text, hex, percent, text.replacing("/", with: #"\/"#)] + base64 + base64URL
    }

    /// The common part of all base64 texts in which the text follows this many other bytes.
    private static func base64(of text: String, behind count: Int) -> String {
        let bytes = Data(repeating: 0, count: count) + Data(text.utf8)
        return String(bytes.base64EncodedString().prefix(bytes.count * 8 / 6).dropFirst([0, 2, 3][count]))
    }

    func isSeen(in text: String) -> Bool {
        let text = text.lowercased()
        return self.traces.contains { text.contains($0) }
    }
}

/// All outputs, with their places.
private struct Outputs {
    private var texts: [(place: String, text: String, shown: Set<String>)] = []

    /// - Parameter shown: the names of the secrets that may appear there.
    mutating func add(_ place: String, _ text: String, showing shown: Set<String> = []) {
        self.texts.append((place, text, shown))
    }

    mutating func add(_ place: String, _ ending: Tool.Ending, showing shown: Set<String> = []) {
        self.add(place, ending.output, showing: shown)
        self.add(place + ", standard error", ending.errors)
    }

    func places(of secret: Secret) -> Set<String> {
        Set(self.texts.filter { secret.isSeen(in: $0.text) }.map(\.place))
    }

    /// The secrets that appear where they must not; never their values.
    func leaks(of secrets: [Secret]) -> [String] {
        secrets.flatMap { secret in
            self.texts.filter { !$0.shown.contains(secret.name) && secret.isSeen(in: $0.text) }
                .map { "\(secret.name) is in: \($0.place)" }
        }
    }
}

/// A server that accepts nothing, and records what it received.
private final class Receiver: Sendable {
    enum Manner: Sendable {
        /// Answers 500 and repeats the request.
        case fails
        /// Closes the connection without an answer.
        case hangsUp
    }

    let port: Int
    private let listener: Int32
    private let manner: Manner
    private let requests = Mutex<[String]>([])

    init(_ manner: Manner) throws {
        self.manner = manner
        self.port = try PostgresCluster.freePort()
        self.listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        address.sin_port = in_port_t(UInt16(self.port).bigEndian)
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(self.listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard bound == 0, listen(self.listener, 64) == 0 else {
            throw UnstickError(.conflict, "the receiver cannot listen")
        }
        Thread.detachNewThread { self.accept() }
    }

    func stop() {
        shutdown(self.listener, Int32(SHUT_RDWR))
        close(self.listener)
    }

    /// The requests to paths with this prefix.
    func taken(_ path: String) -> [String] {
        self.requests.withLock { $0 }.filter { $0.split(separator: " ").dropFirst().first?.hasPrefix(path) == true }
    }

    private func accept() {
        while true {
            let client = Glibc.accept(self.listener, nil, nil)
            guard client >= 0 else { return }
            Thread.detachNewThread {
                self.answer(client)
                close(client)
            }
        }
    }

    private func answer(_ client: Int32) {
        var request: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while !Self.isWhole(request) {
            let count = read(client, &buffer, buffer.count)
            guard count > 0 else { return }
            request += buffer[..<count]
        }
        let text = String(decoding: request, as: UTF8.self)
        self.requests.withLock { $0.append(text) }
        guard self.manner == .fails else { return }
        let head =
            "HTTP/1.1 500 \(text.prefix(while: { $0 != "\r" && $0 != "\r\n" }))\r\nContent-Length: \(request.count)"
        let answer = Array("\(head)\r\nConnection: close\r\n\r\n".utf8) + request
        // A disconnected client needs no answer.
        _ = send(client, answer, answer.count, Int32(MSG_NOSIGNAL))
    }

    private static func isWhole(_ request: [UInt8]) -> Bool {
        let text = String(decoding: request, as: UTF8.self)
        guard let end = text.firstRange(of: "\r\n\r\n") else { return false }
        let length = text.firstMatch(of: /(?i)content-length: *([0-9]+)/).flatMap { Int($0.output.1) } ?? 0
        return text[end.upperBound...].utf8.count >= length
    }
}

/// A tool with a secret in every place for one, and receivers that accept nothing.
private struct Plot {
    let unstick: Tool
    let receiver: Receiver
    var outputs = Outputs()
    var secrets: [Secret] = []
    var environment: [String: String] = [:]
    /// The URL of the webhooks.
    private(set) var hook = ""

    static let queries: Set<String> = ["the query of a webhook's URL"]
    static let pings: Set<String> = ["HEARTBEAT_URL's path", "HEARTBEAT_URL's query"]
    private static let ofFile = "the webhook secret that secretEnv names"

    /// The names of all secrets that sign events.
    var signing: Set<String> { Set(self.secrets.map(\.name).filter { $0.contains("webhook secret") }) }

    init(_ unstick: Tool, _ receiver: Receiver, format: String) throws {
        self.unstick = unstick
        self.receiver = receiver
        let query = self.plant(.plain("the query of a webhook's URL"))
        let path = self.plant(.plain("HEARTBEAT_URL's path"))
        let key = self.plant(.plain("HEARTBEAT_URL's query"))
        let signing = self.plant(
            Secret(Self.ofFile, Data((0..<32).map { _ in .random(in: 0...255) }).base64EncodedString())
        )
        self.environment = [
            "LOG_LEVEL": "trace", "LOG_FORMAT": format, "WEBHOOK_ALLOW_HTTP": "true",
            "WEBHOOK_ALLOW_CIDRS": "127.0.0.0/8", "FILE_SECRET": "whsec_" + signing,
            "HEARTBEAT_URL": "http://127.0.0.1:\(receiver.port)/ping/\(path)?key=\(key)",
        ]
        for name in ["CRON_SECRET", "CRON_SECRET_PREVIOUS", "UNSTICK_ADMIN_TOKEN", "PGPASSWORD"] {
            self.environment[name] = self.plant(.random(name))
        }
        try self.writePolicy()
        self.hook = "http://127.0.0.1:\(receiver.port)/hook?token=\(query)"
    }

    /// Records a value and returns it.
    mutating func plant(_ secret: Secret) -> String {
        self.secrets.append(secret)
        return secret.value
    }

    func value(_ name: String) throws -> String { try #require(self.secrets.first { $0.name == name }).value }

    func writePolicy(_ further: String = "") throws {
        let query = try self.value("the query of a webhook's URL")
        try self.unstick.write(
            "unstick.yaml",
            """
            webhooks:
              - name: filed
                url: http://127.0.0.1:\(self.receiver.port)/filed?token=\(query)
                secretEnv: FILE_SECRET
            \(further)
            """
        )
    }

    /// Runs a command, and records its output.
    @discardableResult
    mutating func run(_ arguments: String..., showing shown: Set<String> = []) async throws -> Tool.Ending {
        let ending = try await self.unstick.start(arguments, environment: self.environment).ending()
        self.outputs.add(
            "unstick " + arguments.prefix { !$0.contains("/") }.joined(separator: " "),
            ending,
            showing: shown
        )
        return ending
    }

    /// Runs a command whose output is a new secret; that output may show it.
    mutating func runForSecret(_ name: String, _ field: String, _ arguments: String...) async throws -> [String: Any] {
        let ending = try await self.unstick.start(arguments + ["--json"], environment: self.environment).ending()
        let text = try #require(ending.json[field] as? String)
        _ = self.plant(Secret(name, text.split(separator: "_").last.map(String.init) ?? ""))
        self.outputs.add("unstick " + arguments.prefix(2).joined(separator: " "), ending, showing: [name])
        return ending.json
    }

    /// Calls the server, and records its answer with its headers.
    @discardableResult
    mutating func call(
        _ method: String,
        _ url: String,
        bearer: String? = nil,
        headers: [String] = [],
        body: String? = nil,
        as place: String? = nil,
        showing shown: Set<String> = []
    ) async throws -> String {
        var options = ["-s", "-i", "-m", "20", "-X", method]
        for header in headers + (bearer.map { ["Authorization: Bearer \($0)"] } ?? []) { options += ["-H", header] }
        if let body {
            try self.unstick.write("body", body)
            options += ["--data-binary", "@" + self.unstick.folder.appending(path: "body").path]
            if headers.isEmpty { options += ["-H", "Content-Type: application/json"] }
        }
        let answer = try await ChildProcess.run(["curl"] + options + [url])
        let path = url.split(separator: "/").dropFirst(2).joined(separator: "/").prefix { $0 != "?" }
        self.outputs.add(place ?? "\(method) /\(path)", answer, showing: shown)
        #expect(answer.hasPrefix("HTTP/1.1 "), "\(place ?? "\(method) /\(path)")")
        return answer
    }

    /// Calls the server for a new secret; that answer may show it.
    mutating func callForSecret(_ name: String, _ url: String, bearer: String, body: String) async throws -> String {
        let answer = try await self.call(
            "POST",
            url,
            bearer: bearer,
            body: body,
            as: name,
            showing: Self.queries.union([name])
        )
        let secret = try #require(answer.firstMatch(of: /"secret":"whsec_([^"]+)"/)).output.1
        _ = self.plant(Secret(name, String(secret)))
        return String(try #require(answer.firstMatch(of: /"id":"([^"]+)"/)).output.1)
    }
}

/// The calls to the server.
extension Plot {
    /// API keys and webhooks, created by commands before the server starts.
    mutating func prepare() async throws -> (viewer: String, webhook: String) {
        try await self.run("sample")
        let made = try await self.runForSecret("a viewer's token", "token", "key", "create", "looker")
        let added = try await self.runForSecret(
            "the webhook secret of 'webhook add'",
            "secret",
            "webhook",
            "add",
            self.hook
        )
        let id = try #require(added["id"] as? String)
        _ = try await self.runForSecret("the webhook secret of 'webhook rotate'", "secret", "webhook", "rotate", id)
        let password = self.plant(.plain("the password in a webhook's URL"))
        let refused = try await self.run(
            "webhook",
            "add",
            "http://planted:\(password)@127.0.0.1:\(self.receiver.port)/"
        )
        #expect(refused.status == 2 && refused.errors.contains("password"))
        return (try #require(made["token"] as? String), id)
    }

    /// Calls that handle secrets, valid and invalid.
    mutating func change(_ address: String, admin: String) async throws {
        let hooks = address + "/api/admin/webhooks"
        let (url, given) = (self.hook, self.plant(.plain("a secret in a body")))
        let password = try self.value("the password in a webhook's URL")
        let body = #"{"url":"\#(url)","events":["*"]}"#
        let id = try await self.callForSecret("the webhook secret of POST webhooks", hooks, bearer: admin, body: body)
        _ = try await self.callForSecret(
            "the webhook secret of POST rotate",
            "\(hooks)/\(id)/rotate",
            bearer: admin,
            body: "{}"
        )
        try await self.call(
            "PATCH",
            "\(hooks)/\(id)",
            bearer: admin,
            body: #"{"description":"x"}"#,
            showing: Self.queries
        )
        let tried = try await self.call("POST", "\(hooks)/\(id)/test", bearer: admin)
        #expect(tried.contains(#""delivered":false"#))
        try await self.call("POST", address + "/api/admin/policy/reload", bearer: admin)
        for wrong in [
            #"{"url":"\#(url)","secret":"whsec_\#(given)","events":["*"]}"#,
            #"{"url":"http://planted:\#(password)@127.0.0.1/","events":["*"]}"#,
            #"{"url":"\#(url)","events":"\#(given)"}"#, #"{"url":"\#(url)","secret":"\#(given)"#, #"["\#(given)"]"#,
            #"{"url":"http://127.0.0.1:\#(given)/","events":["*"]}"#,
            #"{"note":"\#(given)\#(String(repeating: "x", count: 1 << 20))"}"#,
        ] {
            let answer = try await self.call("POST", hooks, bearer: admin, body: wrong, as: "POST of a wrong webhook")
            #expect(answer.contains(" 400 ") || answer.contains(" 413 "))
        }
        try await self.call("POST", hooks, bearer: admin, headers: ["Content-Type: text/plain"], body: given)
        try await self.call(
            "POST",
            address + "/api/admin/jobs/cleanup",
            bearer: admin,
            body: #"{"dryRun":"\#(given)"}"#
        )
        // The sender of a body may see it again in the answer; the log must not contain it.
        let echo: Set<String> = ["a secret in a body"]
        for (path, body) in [
            ("/\(given)/rotate", "{}"), ("", #"{"\#(given)":1}"#), ("", #"{"url":"\#(url)","events":["\#(given)"]}"#),
        ] {
            try await self.call("POST", hooks + path, bearer: admin, body: body, as: "an echo", showing: echo)
        }
    }

    /// Every GET route of the server's own description, for every kind of caller.
    mutating func read(_ address: String, viewer: String, webhook: String, job: String, run: String) async throws {
        let text = try await self.call("GET", address + "/openapi.json")
        let body = try #require(text.firstRange(of: "\r\n\r\n")).upperBound
        let document = try JSONSerialization.jsonObject(with: Data(text[body...].utf8)) as? [String: Any]
        let paths = try #require(document?["paths"] as? [String: [String: Any]]).filter { $1["get"] != nil }.keys
            .sorted()
        #expect(paths.count > 10)
        let stranger = "unstick_0123456789abcdef_" + self.plant(.plain("a wrong token"))
        let admin = try self.value("UNSTICK_ADMIN_TOKEN")
        let bearers = [
            nil, admin, viewer, stranger, try self.value("CRON_SECRET"), try self.value("CRON_SECRET_PREVIOUS"),
            stranger + String(repeating: "x", count: 9000),
        ]
        let ids = ["jobs": job, "runs": run, "users": "ada", "webhooks": webhook]
        for path in paths {
            let kind = path.split(separator: "/").filter { ids[String($0)] != nil }.last.map(String.init) ?? ""
            let url = address + path.replacing("{id}", with: ids[kind] ?? "")
            let shown = path.hasPrefix("/api/admin/webhooks") ? Self.queries : []
            for bearer in bearers { try await self.call("GET", url, bearer: bearer, showing: shown) }
            try await self.call(
                "GET",
                url + "?verbose&access_token=\(viewer)&secret=\(stranger)",
                bearer: admin,
                showing: shown
            )
        }
        for header in [
            "Basic \(Data("u:\(stranger)".utf8).base64EncodedString())", stranger, "Bearer \(admin) \(stranger)",
        ] {
            try await self.call("GET", address + "/api/admin/jobs", headers: ["Authorization: " + header])
        }
        try await self.call("GET", "\(address)/\(stranger)", bearer: stranger, as: "GET of nothing")
        // The server may close the connection before all of it is read, and then there is no answer.
        _ = try? await self.call("GET", address + "/readyz", bearer: stranger + String(repeating: "x", count: 20_000))
    }

    /// Commands beside the running server.
    mutating func command(webhook: String) async throws {
        for format in [[], ["--json"]] {
            for command in [
                ["status"], ["webhook", "deliveries"], ["webhook", "test", webhook], ["key", "list"],
                ["policy", "show"],
                ["policy", "check"], ["doctor"], ["jobs"], ["runs"], ["stuck"], ["reconcile"], ["cleanup"],
                ["key", "revoke", "unknown"], ["webhook", "rotate", webhook], ["serve", "--print-config"],
            ] {
                // A rotation while the one before is in progress is refused, and shows nothing.
                let ending = try await self.unstick.start(command + format, environment: self.environment).ending()
                // As in the list, a webhook's URL is shown in full here.
                let shown = command == ["status"] ? Self.queries : []
                self.outputs.add("unstick " + (command + format).joined(separator: " "), ending, showing: shown)
                #expect(!ending.output.isEmpty || !ending.errors.isEmpty, "\(command)")
            }
            let list = try await self.unstick.start(["webhook", "list"] + format, environment: self.environment)
                .ending()
            self.outputs.add("unstick webhook list", list, showing: Self.queries)
        }
    }

    /// Runs a server, which has ended when this returns or throws.
    mutating func serve(
        _ arguments: [String],
        _ body: (inout Plot, Tool.Running, String) async throws -> Void
    ) async throws {
        let server = try self.unstick.start(["serve", "--port", "0"] + arguments, environment: self.environment)
        do {
            try await body(&self, server, try await server.address())
        } catch {
            server.signal(SIGKILL)
            _ = try await server.ending()
            throw error
        }
        server.signal(SIGTERM)
        let ending = try await server.ending()
        #expect(ending.status == 0)
        self.outputs.add("what the server prints", ending.output)
        self.outputs.add("the log", ending.errors)
        // No output reveals nothing either, so check that there is output.
        let isJSON = self.environment["LOG_FORMAT"] == "json"
        for level in ["trace", "debug", "info"] {
            #expect(ending.errors.contains(isJSON ? "\"level\":\"\(level)\"" : " \(level) "), "no \(level)")
        }
    }
}

/// Waits for a condition for at most 30 seconds.
private func wait(_ what: String, until condition: () -> Bool) async throws {
    for _ in 0..<600 {
        if condition() { return }
        try await Task.sleep(for: .milliseconds(50))
    }
    throw UnstickError(.notFound, "never came: \(what)")
}

/// Starts a server that must not start, and checks its output.
private func expectRefused(
    _ commands: [[String]],
    _ environment: [String: String],
    _ secret: Secret,
    file: (name: String, text: String)? = nil
) async throws {
    try await Tool.inNewFolder { unstick in
        if let file { try unstick.write(file.name, file.text) }
        var outputs = Outputs()
        let all = environment.merging(["LOG_LEVEL": "trace", "PORT": "0"]) { old, _ in old }
        // In parallel: a database that does not answer is tried for seconds.
        for (command, running) in try commands.map({ ($0, try unstick.start($0, environment: all)) }) {
            let ending = try await running.ending()
            outputs.add("unstick " + command.joined(separator: " "), ending)
            #expect(ending.status != 0 && ending.errors.count > 20, "\(command)")
        }
        #expect(outputs.leaks(of: [secret]) == [])
    }
}

@Suite("Secrets", .timeLimit(.minutes(10)))
struct SecretsTests {
    @Test("the search finds a value whole, by halves, and encoded")
    func search() {
        let secret = Secret.random("it")
        let (first, second) = secret.halves
        let all = "{\"at\":\"x:\(secret.value)\"}"
        let seen = [
            all, first, second, first.uppercased(), secret.value.replacing("/", with: #"\/"#),
            "a=" + (secret.value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""),
            Data(all.utf8).base64EncodedString(), Data(("1" + all).utf8).base64EncodedString(),
            Data(("12" + all).utf8).base64EncodedString(), Data(("12" + first + "?").utf8).base64EncodedString(),
            all.utf8.map { String($0, radix: 16) }.joined(),
        ]
        #expect(seen.allSatisfy(secret.isSeen))
        #expect(!secret.isSeen(in: "{\"at\":\"x:***\"} \(Secret.random("it").value) \(first.dropLast())"))
        var outputs = Outputs()
        outputs.add("here", all, showing: ["it"])
        outputs.add("there", all)
        #expect(outputs.leaks(of: [secret]) == ["it is in: there"])
    }

    @Test(
        "no log, answer, metric, event, ping or command reveals a secret, while every called endpoint fails",
        arguments: ["json", "text"]
    )
    func server(format: String) async throws {
        let receiver = try Receiver(format == "json" ? .fails : .hangsUp)
        defer { receiver.stop() }
        try await Tool.inNewFolder { unstick in
            var plot = try Plot(unstick, receiver, format: format)
            let (viewer, webhook) = try await plot.prepare()
            var control: Secret?
            try await plot.serve(["--schedule", "off"]) { plot, server, address in
                control = try await self.walk(&plot, server, address, viewer: viewer, webhook: webhook)
            }
            self.expectNone(plot, control: try #require(control))
        }
    }

    /// Exercises all functions of the server.
    ///
    /// - Returns: the id of a job that it handled, which is no secret.
    private func walk(
        _ plot: inout Plot,
        _ server: Tool.Running,
        _ address: String,
        viewer: String,
        webhook: String
    ) async throws -> Secret {
        let (admin, cron) = (try plot.value("UNSTICK_ADMIN_TOKEN"), try plot.value("CRON_SECRET"))
        let stuck = try await plot.call("GET", address + "/api/admin/jobs/stuck", bearer: viewer)
        let job = String(try #require(stuck.firstMatch(of: /sample-[0-9]+/)).output)
        let answer = try await plot.call("GET", address + "/api/cron/cleanup-jobs", bearer: cron)
        let run = String(try #require(answer.firstMatch(of: /"runId":"([^"]+)"/)).output.1)
        try await plot.change(address, admin: admin)
        try await wait("failures in the log") {
            ["could not be delivered", "did not reach its monitor"].allSatisfy(server.errorsSoFar.contains)
        }
        try await plot.read(address, viewer: viewer, webhook: webhook, job: job, run: run)
        try await plot.command(webhook: webhook)
        try plot.writePolicy("    secret: \(try plot.value("a secret in a body"))\nrules: [{timeout: soon}]")
        let reload = try await plot.call("POST", address + "/api/admin/policy/reload", bearer: admin)
        #expect(reload.contains(" 422 "))
        server.signal(SIGHUP)
        try await wait("a refused policy in the log") { server.errorsSoFar.contains("The policy file is invalid") }
        return Secret("the job", job)
    }

    private func expectNone(_ plot: Plot, control: Secret) {
        var outputs = plot.outputs
        let hooks = plot.receiver.taken("/hook") + plot.receiver.taken("/filed")
        outputs.add("events", hooks.joined(), showing: Plot.queries)
        outputs.add("pings", plot.receiver.taken("/ping").joined(), showing: Plot.pings)
        let database = ["unstick.db", "unstick.db-wal"].compactMap { name in
            // A closed database has no such file.
            try? Data(contentsOf: plot.unstick.folder.appending(path: name))
        }
        .map { String(decoding: $0, as: UTF8.self) }.joined()
        // It signs events, so a digest is not enough: docs/webhooks.md.
        outputs.add("the database", database, showing: Plot.queries.union(plot.signing))
        #expect(outputs.leaks(of: plot.secrets) == [])
        // The same search finds values that may be shown.
        let seen = outputs.places(of: control)
        for place in ["the log", "events", "the database", "GET /api/admin/jobs/stuck", "GET /api/admin/deliveries"] {
            #expect(seen.contains(place), "\(place)")
        }
        for (name, places) in [
            (Plot.queries, ["events", "the database", "unstick webhook list"]), (Plot.pings, ["pings"]),
        ] {
            for secret in plot.secrets where name.contains(secret.name) {
                #expect(outputs.places(of: secret).isSuperset(of: places), "\(secret.name)")
            }
        }
    }

    @Test(
        "an unreachable database, or one with an invalid URL, is reported without its password",
        arguments: [
            "postgres://planted:FIRSTSECOND@127.0.0.1:1/app", "postgres://planted:FIRST%-SECOND@127.0.0.1:1/app",
            "postgres://planted:FIRST%zzSECOND@127.0.0.1:1/app", "postgres://planted:FIRST%00SECOND@127.0.0.1:1/app",
            "postgres://planted:FIRST/SECOND@127.0.0.1:1/app", "postgres://planted:FIRST@SECOND@127.0.0.1:1/app",
            "postgres://planted:FIRST?SECOND@127.0.0.1:1/app", "postgres://planted:FIRST#SECOND@127.0.0.1:1/app",
            "postgres://planted:FIRST:SECOND@127.0.0.1:1/app", "postgres://planted:FIRST SECOND@127.0.0.1:1/app",
            "postgres://planted:FIRSTSECOND@127.0.0.1:port/app", "postgres://planted:FIRSTSECOND@[::1/app",
            "postgres://planted:FIRSTSECOND@[::1]x/app", "postgres://planted:FIRSTSECOND@127.0.0.1:1/app?nothing=1",
            "postgres://planted:FIRSTSECOND@127.0.0.1:1/app?sslmode=none",
            "postgres://planted@127.0.0.1:1/app?password=FIRSTSECOND&connect_timeout=x",
            "postgres://planted@127.0.0.1:1/app?password=FIRST=SECOND",
            "postgres://planted@127.0.0.1:1/app?password=FIRST%-SECOND",
            "postgres://planted@127.0.0.1:1/app?password=FIRST SECOND",
            "postgres://planted@127.0.0.1:1/app?pass%77ord=FIRSTSECOND",
            "postgres://planted@127.0.0.1:1/app?PASSWORD=FIRSTSECOND",
            "postgres://planted@127.0.0.1:1/app?pass=FIRSTSECOND",
            "postgres:/planted:FIRSTSECOND@127.0.0.1:1/app", "mysql://planted:FIRSTSECOND@127.0.0.1:1/app",
            "host=127.0.0.1 port=1 user=planted password='FIRST SECOND'",
        ]
    )
    func database(form: String) async throws {
        let secret = Secret.plain("DATABASE_URL's password")
        let (first, second) = secret.halves
        let url = form.replacing("FIRST", with: first).replacing("SECOND", with: second)
        let environment = ["DATABASE_URL": url]
        try await expectRefused(
            [["serve"], ["status"], ["doctor", "--json"]],
            environment,
            secret
        )
        try await Tool.inNewFolder { unstick in
            var outputs = Outputs()
            for format in [[], ["--json"]] {
                let shown = try await unstick.start(["serve", "--print-config"] + format, environment: environment)
                    .ending()
                #expect(shown.status == 0 && shown.output.contains("DATABASE_URL"))
                outputs.add("unstick serve --print-config" + format.map { " " + $0 }.joined(), shown)
            }
            #expect(outputs.leaks(of: [secret]) == [])
        }
    }

    @Test(
        "a monitor's URL that cannot be called is refused without a part of it",
        arguments: [
            "ftp://example.com/SECRET", "https://SECRET@example.com/ping", "https://planted:SECRET@example.com/ping",
            "https://example.com/SECRET#there", "https://example.com:port/SECRET?key=SECRET", "example.com/SECRET",
            "https://example.com/x SECRET", "https:///SECRET", "https://example.com:SECRET/ping", "https://SECRET!/",
            "SECRET",
        ]
    )
    func monitor(form: String) async throws {
        let secret = Secret.plain("HEARTBEAT_URL")
        try await expectRefused(
            [["serve"], ["cleanup"]],
            ["HEARTBEAT_URL": form.replacing("SECRET", with: secret.value)],
            secret
        )
    }

    @Test(
        "secrets that are too short, or invalid, are refused without any part of them",
        arguments: [
            ["UNSTICK_ENV": "production", "CRON_SECRET": "SHORT"], ["CRON_SECRET_PREVIOUS": "SECRET"],
            ["UNSTICK_ENV": "production", "CRON_SECRET": "0123456789abcdef", "CRON_SECRET_PREVIOUS": "SHORT"],
            ["UNSTICK_ADMIN_TOKEN": "SHORT"], ["CRON_SECRET": "SECRET", "UNSTICK_ADMIN_TOKEN": "SECRET", "PORT": "x"],
            ["FILE_SECRET": "SECRET"], ["FILE_SECRET": "whsec_SHORT"], ["FILE_SECRET": "whsec_SECRET!"],
        ]
    )
    func short(environment: [String: String]) async throws {
        let secret = Secret(
            "it",
            String(Secret.plain("it").value.prefix(environment.values.contains { $0.hasSuffix("SHORT") } ? 15 : 40))
        )
        try await expectRefused(
            [["serve"]],
            environment.mapValues { $0.replacing(/SECRET|SHORT/, with: secret.value) },
            secret,
            file: (
                "unstick.yaml",
                environment["FILE_SECRET"] == nil
                    ? "" : "webhooks: [{name: filed, url: https://192.0.2.1/, secretEnv: FILE_SECRET}]"
            )
        )
    }

    @Test(
        "a policy file with a secret in a wrong place is refused without showing it",
        arguments: [
            "    secretEnv: PLANTED", "    secret: PLANTED", "    PLANTED: 1", "    secret: PLANTED: x", "    PLANTED",
            "    secretEnv: {secret: PLANTED}", "    secretEnv: [PLANTED]", "    secretEnv: FILE_SECRET\n  - \"PLANTED",
            "    secretEnv: FILE_SECRET\n    events: PLANTED",
        ]
    )
    func policyFile(end: String) async throws {
        let secret = Secret.random("a webhook secret")
        try await expectRefused(
            [["serve"]],
            [:],
            secret,
            file: (
                "unstick.yaml",
                "webhooks:\n  - name: filed\n    url: https://192.0.2.1/\n"
                    + end.replacing("PLANTED", with: "whsec_" + secret.value)
            )
        )
    }

    @Test("settings and the record of what was read are shown without secrets, from every source")
    func settings() async throws {
        let names = ["cron", "previous cron", "admin", "heartbeat", "database"]
        let secrets = names.map { Secret.plain("the \($0) secret") }
        let values = secrets.map(\.value)
        let environment = [
            "CRON_SECRET": values[0], "CRON_SECRET_PREVIOUS": values[1], "UNSTICK_ADMIN_TOKEN": values[2],
            "HEARTBEAT_URL": "https://example.com/\(values[3])",
            "DATABASE_URL": "postgres://planted:\(values[4])@host/app",
        ]
        try await Tool.inNewFolder { unstick in
            try unstick.write(
                "settings.yaml",
                """
                cron: {secret: \(values[0])}
                unstick: {admin: {token: \(values[2])}}
                heartbeat: {url: "https://example.com/\(values[3])"}
                database: {url: "postgres://planted:\(values[4])@host/app"}
                """
            )
            try unstick.write("wrong.yaml", "cron: {secret: \(values[0]): x: [")
            var outputs = Outputs()
            let record = ["CONFIG_ACCESS_LOG_FILE": unstick.folder.appending(path: "record").path]
            for (arguments, environment) in [
                ([], environment), (["--json"], environment), (["--config", "settings.yaml"], [:]),
                (["--config", "settings.yaml", "--json"], [:]), (["--config", "wrong.yaml"], environment),
                (["--database", environment["DATABASE_URL"] ?? ""], [:]),
            ] {
                let shown = try await unstick.start(
                    ["serve", "--print-config"] + arguments,
                    environment: environment.merging(record) { $1 }
                ).ending()
                outputs.add("unstick serve --print-config", shown)
            }
            let read = try String(contentsOf: unstick.folder.appending(path: "record"), encoding: .utf8)
            outputs.add("the record of what was read", read)
            #expect(read.contains("database.url"))
            #expect(outputs.places(of: Secret("user", "planted")).contains("unstick serve --print-config"))
            #expect(outputs.leaks(of: secrets) == [])
        }
    }
}

extension PostgresCluster {
    /// The tests' own server, which accepts any password; an external one may not.
    fileprivate static let trusting =
        ProcessInfo.processInfo.environment["UNSTICK_TEST_DATABASE_URL"] == nil ? PostgresCluster.shared : nil
}

@Suite(
    "Secrets over PostgreSQL",
    .tags(.alone),
    .enabled(if: PostgresCluster.trusting != nil),
    .serialized,
    .timeLimit(.minutes(10))
)
struct PostgresSecretsTests {
    @Test("over PostgreSQL the password appears nowhere")
    func postgres() async throws {
        let cluster = try #require(PostgresCluster.trusting)
        let url = try cluster.makeDatabase()
        defer { cluster.dropDatabase(url) }
        let receiver = try Receiver(.fails)
        defer { receiver.stop() }
        try await Tool.inNewFolder { unstick in
            var plot = try Plot(unstick, receiver, format: "json")
            let password = plot.plant(.plain("DATABASE_URL's password"))
            plot.environment["DATABASE_URL"] = url.replacing("test@", with: "test:\(password)@")
            try await plot.run("migrate")
            let (viewer, webhook) = try await plot.prepare()
            try await plot.serve(["--schedule", "@yearly"]) { plot, server, address in
                let cron = try plot.value("CRON_SECRET")
                try await plot.call("GET", address + "/api/cron/cleanup-jobs", bearer: cron)
                try await plot.call("GET", address + "/readyz?verbose", bearer: viewer)
                try await plot.command(webhook: webhook)
                let name = try #require(URL(string: url)).path.dropFirst()
                // Connections that are cut, and a missing table.
                try cluster.sql(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(name)' AND pid <> pg_backend_pid()",
                    in: url
                )
                try cluster.sql("ALTER SCHEMA unstick RENAME TO gone", in: url)
                let answer = try await plot.call("GET", address + "/api/admin/jobs", bearer: viewer)
                #expect(answer.contains(" 503 "))
                try await wait("a failure in the log") { server.errorsSoFar.contains("\"level\":\"error\"") }
            }
            let shown = plot.outputs.places(of: Secret("user", "postgresql://test:***@"))
            #expect(shown.contains("unstick serve --print-config"))
            #expect(plot.outputs.leaks(of: plot.secrets) == [])
        }
    }

    @Test("a password that PostgreSQL refuses is not shown")
    func refusedPassword() async throws {
        try await withTemporaryFolder { folder in
            let rules = folder.appending(path: "hba.conf")
            try Data("local all all scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\n".utf8).write(to: rules)
            let cluster = try PostgresCluster.start(settings: ["hba_file = '\(rules.path)'"])
            defer { cluster.remove() }
            let secret = Secret.plain("DATABASE_URL's password")
            let address = "postgres://test:\(secret.value)@127.0.0.1:\(cluster.port)/postgres"
            for url in [address, address.replacing(":\(secret.value)@", with: "@") + "?password=\(secret.value)"] {
                try await expectRefused(
                    [["serve"], ["status"], ["doctor"], ["migrate"], ["webhook", "list", "--json"], ["cleanup"]],
                    ["DATABASE_URL": url],
                    secret
                )
                try await Tool.inNewFolder { unstick in
                    let ending = try await unstick("status", environment: ["DATABASE_URL": url])
                    #expect(ending.status == 3 && ending.errors.contains("password authentication failed"))
                }
            }
        }
    }
}
