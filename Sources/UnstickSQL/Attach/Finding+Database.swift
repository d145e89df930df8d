import Foundation
package import Unstick

// Checks that are the same on every database.
extension Finding {
    /// Compares the database's clock with this machine's.
    package static func clock(_ read: () async throws -> Timestamp) async rethrows -> Finding {
        let before = Date().timeIntervalSince1970 * 1000
        let clock = try await read()
        let after = Date().timeIntervalSince1970 * 1000
        let difference = clock.milliseconds - Int((before + after) / 2)
        let isOff = abs(difference) > 5000
        return Finding(
            isOff ? .warning : .ok,
            "clock",
            "the database's is \(Duration.milliseconds(abs(difference)).text) \(difference < 0 ? "behind" : "ahead of") this machine's",
            advice: isOff
                ? "Unstick uses the database's clock, so no job is at risk; but workers that write times from their own clock may be off."
                : nil
        )
    }

    /// Checks that Unstick's own tables are those of this version.
    ///
    /// - Parameters:
    ///   - subject: their common name.
    ///   - isMapped: whether the jobs are in other tables, which can be read without these.
    ///   - check: throws `schemaMismatch` if they are not.
    package static func ownTables(
        _ subject: String,
        isMapped: Bool,
        _ check: () async throws -> Void
    ) async throws -> Finding {
        do {
            try await check()
            return Finding(.ok, subject, "exist and are up to date")
        } catch let error as UnstickError where error.code == .schemaMismatch {
            guard isMapped else { return Finding(.error, subject, error.message) }
            return Finding(
                .warning,
                subject,
                "are missing or out of date; reading works, cleaning does not",
                advice: "unstick migrate with the same --mapping or --preset"
            )
        }
    }
}
