import Foundation

/// The reference implementation of Standard Webhooks in Python, installed from PyPI into a temporary folder.
struct StandardWebhooks: Sendable {
    /// A delivery as received.
    struct Delivery: Codable, Sendable {
        let secret: String
        let body: String
        let headers: [String: String]
    }

    private struct Failed: Error {}

    private static let script = """
        import json, sys
        from standardwebhooks.webhooks import Webhook, WebhookVerificationError
        for delivery in json.loads(sys.argv[1]):
            try:
                Webhook(delivery["secret"]).verify(delivery["body"], delivery["headers"])
                print("verified")
            except WebhookVerificationError:
                print("refused")
        """

    private static let installation = Task { try? await StandardWebhooks() }

    /// The package; `nil` when it could not be installed.
    static var shared: StandardWebhooks? { get async { await Self.installation.value } }

    private let folder: URL
    private var python: String { "\(self.folder.path)/bin/python" }

    private init() async throws {
        self.folder = FileManager.default.temporaryDirectory.appending(path: "standardwebhooks-\(UUID())")
        do {
            _ = try await Self.run("python3", "-m", "venv", self.folder.path)
            _ = try await Self.run(self.python, "-m", "pip", "install", "--quiet", "standardwebhooks")
        } catch {
            self.remove()
            throw error
        }
    }

    /// Removes the installation.
    func remove() {
        // Without an installation, there is nothing to remove.
        try? FileManager.default.removeItem(at: self.folder)
    }

    /// The result of the package for each delivery: `verified` or `refused`.
    func verify(_ deliveries: [Delivery]) async throws -> [String] {
        let json = String(decoding: try JSONEncoder().encode(deliveries), as: UTF8.self)
        return try await Self.run(self.python, "-c", Self.script, json).split(separator: "\n").map(String.init)
    }

    /// Runs a program and returns its output; the thread is free in the meantime.
    private static func run(_ arguments: String...) async throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = arguments
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { process in
                done.resume(with: process.terminationStatus == 0 ? .success(()) : .failure(Failed()))
            }
            do { try process.run() } catch { done.resume(throwing: error) }
        }
        return String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    }
}
