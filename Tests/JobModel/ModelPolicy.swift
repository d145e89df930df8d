package import Unstick

/// The rules of the model.
///
/// Every limit is a whole number of hours and a half, and time moves by whole hours, so that the real duration of a
/// step does not matter.
package enum ModelPolicy {
    static let kinds = ["plain", "retried", "progress", "quarantined", "late", "silent", "generous"]

    package static let policy = Policy(
        rules: [
            Rule(name: "retried", kinds: ["retried"], timeout: hours(2.5), retry: retry(3)),
            Rule(
                name: "progress",
                kinds: ["progress"],
                timeout: hours(3.5),
                pendingTimeout: hours(5.5),
                deadline: hours(9.5),
                retry: retry(2),
                refund: .byProgress
            ),
            Rule(name: "quarantined", kinds: ["quarantined"], timeout: hours(1.5), retry: retry(9), quarantine: 2),
            Rule(name: "late", kinds: ["la*"], timeout: hours(2.5), onLateCompletion: .accept),
            Rule(name: "silent", kinds: ["silent"], timeout: nil, heartbeatTimeout: hours(1.5), refund: .none),
            Rule(
                name: "generous",
                kinds: ["generous"],
                timeout: hours(1.5),
                refund: .byProgress,
                onLateCompletion: .accept
            ),
        ],
        standard: Rule(timeout: hours(3.5)),
        massFailureGuard: MassFailureGuard(minimum: 1_000_000)
    )

    private static func hours(_ hours: Double) -> Duration { .seconds(Int(hours * 3600)) }

    private static func retry(_ attempts: Int) -> Retry {
        Retry(attempts: attempts, backoff: .seconds(3 * 3600), cap: .seconds(5 * 3600))
    }
}
