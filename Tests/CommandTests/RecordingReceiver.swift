import Foundation
import TestSupport
import Testing
import Unstick
import UnstickSQLite

/// A receiver of webhooks and of pings on a port of the loopback interface, which records the requests.
///
/// It is a process in Python, because these tests link no HTTP server. Requests to `/hang/…` are never answered, and
/// requests to `/status/500/…` are answered with that status.
struct RecordingReceiver {
    /// A complete request.
    struct Request: Decodable {
        let method: String
        /// The path without the query.
        let path: String
        let query: [String: String]
        /// By their names in lower case.
        let headers: [String: String]
        let body: String

        /// The event in the body.
        var event: [String: Any] {
            (try? JSONSerialization.jsonObject(with: Data(self.body.utf8))) as? [String: Any] ?? [:]
        }

        /// The type of the event.
        var type: String { self.event["type"] as? String ?? "" }

        /// Its signatures, the newest secret's first.
        var signatures: [String] {
            (self.headers["webhook-signature"] ?? "").split(separator: " ").map(String.init)
        }

        /// The expected signature for this secret, computed by Python.
        func signature(_ secret: String) async throws -> String {
            let script = """
                import base64, hashlib, hmac, os, sys
                key = base64.b64decode(sys.argv[1].removeprefix("whsec_"))
                signed = os.fsencode(".".join(sys.argv[2:]))
                print("v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode())
                """
            let id = try #require(self.headers["webhook-id"])
            let time = try #require(self.headers["webhook-timestamp"])
            return try await ChildProcess.run(["python3", "-c", script, secret, id, time, self.body])
        }
    }

    /// Ends with the tests, however they end.
    private static let script = """
        import http.server, json, os, sys, threading, time, urllib.parse
        lock = threading.Lock()
        parent = os.getppid()
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def answer(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
                url = urllib.parse.urlsplit(self.path)
                request = {"method": self.command, "path": url.path, "query": dict(urllib.parse.parse_qsl(url.query)),
                           "headers": {name.lower(): value for name, value in self.headers.items()}, "body": body}
                with lock, open(sys.argv[1], "a") as log:
                    log.write(json.dumps(request) + "\\n")
                parts = url.path.split("/")
                if parts[1] == "hang":
                    threading.Event().wait()
                self.send_response(int(parts[2]) if parts[1] == "status" else 200)
                self.send_header("content-length", "0")
                self.end_headers()
            do_GET = do_POST = answer
            def log_message(self, *arguments):
                pass
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(f"port {server.server_port}.", flush=True)
        while os.getppid() == parent:
            time.sleep(1)
        """

    /// The environment that lets the tool call it.
    static let allowed = ["WEBHOOK_ALLOW_HTTP": "true", "WEBHOOK_ALLOW_CIDRS": "127.0.0.0/8"]

    private let process: ChildProcess
    private let log: URL
    private let output: URL
    /// Its address, without a path.
    let address: String

    private init(in folder: URL) async throws {
        let name = UUID().uuidString
        self.log = folder.appending(path: name + ".requests")
        self.output = folder.appending(path: name + ".receiver")
        self.process = try ChildProcess(
            ["python3", "-c", Self.script, self.log.path],
            in: folder,
            output: .file(self.output),
            errors: .file(self.output)
        )
        let output = self.output
        do {
            self.address = try await eventually("the receiver's port") {
                // It prints nothing until it listens.
                let said = (try? String(contentsOf: output, encoding: .utf8)) ?? ""
                return said.firstMatch(of: /port ([0-9]+)\./).map { "http://127.0.0.1:\($0.output.1)" }
            }
        } catch {
            self.process.signal(SIGKILL)
            _ = await self.process.ending()
            throw error
        }
    }

    /// The requests so far, in their order.
    var requests: [Request] {
        let lines = (try? String(contentsOf: self.log, encoding: .utf8)) ?? ""
        // The last line may be half written.
        return lines.split(separator: "\n").compactMap { try? JSONDecoder().decode(Request.self, from: Data($0.utf8)) }
    }

    /// The requests to a path, once there are this many.
    func requests(to path: String, _ count: Int) async throws -> [Request] {
        try await eventually("\(count) requests to \(path)") {
            let found = self.requests.filter { $0.path == path }
            return found.count >= count ? found : nil
        }
    }

    /// Runs a receiver during the body.
    static func run(in folder: URL, _ body: (RecordingReceiver) async throws -> Void) async throws {
        let receiver = try await RecordingReceiver(in: folder)
        do {
            try await body(receiver)
        } catch {
            receiver.process.signal(SIGKILL)
            _ = await receiver.process.ending()
            throw error
        }
        receiver.process.signal(SIGKILL)
        _ = await receiver.process.ending()
    }
}

extension Tool {
    /// The secret of ``serving(environment:_:)``'s cron endpoint.
    static let cronSecret = "the-cron-secret-of-a-test"
    /// The token of its administrator.
    static let adminToken = "the-admin-token-of-a-test-that-is-long-enough"

    /// Runs a server without a schedule during the body, and ends it in good order.
    ///
    /// - Returns: its exit.
    @discardableResult
    func serving(
        environment: [String: String] = [:],
        _ body: (Running, _ address: String) async throws -> Void
    ) async throws -> Ending {
        let secrets = ["CRON_SECRET": Self.cronSecret, "UNSTICK_ADMIN_TOKEN": Self.adminToken]
        let server = try self.start(
            ["serve", "--port", "0", "--schedule", "off"],
            environment: secrets.merging(environment) { $1 }
        )
        do {
            let address = try await server.address()
            try await body(server, address)
        } catch {
            server.signal(SIGKILL)
            _ = try await server.ending()
            throw error
        }
        server.signal(SIGTERM)
        return try await server.ending()
    }

    /// Calls the cron endpoint of a server.
    func callCron(_ address: String) async throws -> String {
        try await ChildProcess.run(
            [
                "curl", "-s", "-m", "30", "-H", "Authorization: Bearer \(Self.cronSecret)",
                address + "/api/cron/cleanup-jobs",
            ]
        )
    }

    /// Adds images that have been running for a long time.
    func addStuckJobs(_ count: Int) async throws {
        let store = try self.store()
        try await store.addStuckJobs((0..<count).map { "stuck-\($0)" })
        try store.close()
    }
}
