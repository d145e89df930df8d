import Foundation
package import Unstick
import UnstickLearning

/// The cost of learning limits from past jobs.
package struct PastReport: Encodable {
    /// One reading of the past, in its own process, because the peak of a process never decreases.
    package struct Reading: Codable {
        package var jobs: Int
        package var limits: Int
        package var seconds: Double
        package var peakKilobytes: Int

        /// Reads the output of a child.
        package init(answer: String) throws {
            self = try JSONDecoder().decode(Self.self, from: Data(answer.utf8))
        }

        /// The child: learns, and prints the cost.
        package static func readHere(_ store: any PastJobStore) async throws {
            let start = ContinuousClock.now
            let learned = try await store.pastJobs(since: nil, into: LearnedDurations(policy: Policy())) { $0.see($1) }
            let suggestions = Suggestions(learned, policy: Policy())
            let reading = Self(
                jobs: learned.all.count,
                limits: suggestions.limits.count,
                seconds: (ContinuousClock.now - start) / .seconds(1),
                peakKilobytes: ownPeakKilobytes()
            )
            print(String(decoding: try JSONEncoder().encode(reading), as: UTF8.self))
        }

        private init(jobs: Int, limits: Int, seconds: Double, peakKilobytes: Int) {
            (self.jobs, self.limits, self.seconds, self.peakKilobytes) = (jobs, limits, seconds, peakKilobytes)
        }
    }

    /// The number of kinds.
    package static let kinds = 20

    package var readings: [Reading] = []

    package init() {}

    package func printTable() {
        print("| limits learned from | seconds | jobs/s | peak of the process |")
        print("|---|---|---|---|")
        for reading in self.readings {
            let rate = whole(Double(reading.jobs) / reading.seconds)
            let peak = fixed(Double(reading.peakKilobytes) / 1024, 1)
            print("| \(reading.jobs) jobs | \(fixed(reading.seconds)) | \(rate) | \(peak) MB |")
        }
        print("")
    }
}

/// This program, to start as a child.
package let ownExecutable =
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]

/// The peak memory of this process, in kilobytes.
package func ownPeakKilobytes() -> Int {
    let line = kernelFile("/proc/self/status").split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return line.flatMap { Int($0.filter(\.isNumber)) } ?? 0
}
