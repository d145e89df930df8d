import Foundation
import JobModel
import Synchronization
import TestSupport
import UnstickMySQL
import UnstickPostgres
import UnstickSQL

// Compares the life of jobs with a plain model, for many seeds: `unstick-model-proof sqlite|postgres|mariadb SEEDS
// STEPS [FIRST]`.

let words = CommandLine.arguments.dropFirst()
guard words.count >= 3, let seeds = Int(words[2]), let steps = Int(words[3]),
    ["sqlite", "postgres", "mariadb"].contains(words[1])
else {
    print("Usage: unstick-model-proof sqlite|postgres|mariadb SEEDS STEPS [FIRST]")
    exit(2)
}
let (engine, first) = (words[1], words.count > 3 ? Int(words[4]) ?? 1 : 1)
let failures = Mutex<[String]>([])
let next = Mutex(first)

@Sendable func prove(_ seed: Int) async throws {
    if engine == "sqlite" {
        // Every tenth one in a file, which survives crashes.
        guard seed % 10 == 0 else {
            var world = ModelWorld(try SQLiteSubject(), seed: UInt64(seed))
            return try await world.run(steps: steps)
        }
        try await withTemporaryFolder { folder in
            var world = ModelWorld(try SQLiteSubject(path: folder.appending(path: "m.db").path), seed: UInt64(seed))
            try await world.run(steps: steps)
        }
    } else {
        try await onServer { open in
            var world = ModelWorld(try await ServerSubject(open), seed: UInt64(seed))
            try await world.run(steps: steps)
        }
    }
}

/// Provides a new database on the tests' server.
@Sendable func onServer(_ body: (@Sendable @escaping () async throws -> any SQLStore) async throws -> Void) async throws
{
    switch engine {
    case "postgres":
        guard let cluster = PostgresCluster.shared else { return giveUp() }
        let url = try cluster.makeDatabase()
        defer { cluster.dropDatabase(url) }
        try await body { try await PostgresStore(url: url, limits: .init(connections: 2)) }
    default:
        guard let cluster = MariaDBCluster.shared else { return giveUp() }
        let url = try cluster.makeDatabase()
        defer { cluster.dropDatabase(url) }
        try await body { try await MySQLStore(url: url, limits: .init(connections: 2)) }
    }
}

@Sendable func giveUp() {
    print("The server of \(engine) is not installed here.")
    exit(2)
}

await withTaskGroup(of: Void.self) { group in
    for _ in 0..<ProcessInfo.processInfo.activeProcessorCount {
        group.addTask {
            while true {
                let seed = next.withLock { next in
                    defer { next += 1 }
                    return next
                }
                guard seed < first + seeds else { return }
                do {
                    try await prove(seed)
                } catch {
                    failures.withLock { $0.append("seed \(seed): \(error)") }
                }
                if (seed - first) % max(seeds / 10, 1) == 0 { print("seed \(seed) of \(first + seeds - 1)") }
            }
        }
    }
}
let failed = failures.withLock { $0 }
for failure in failed.prefix(5) { print(failure) }
print("\(engine): \(seeds) seeds of \(steps) steps, \(failed.count) failed")
exit(failed.isEmpty ? 0 : 1)
