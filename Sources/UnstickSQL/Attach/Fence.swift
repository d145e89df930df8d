/// A trigger on a team's jobs, for workers that do not know attempts.
///
/// It refuses the one transition that delivers refunded work: from a failure that Unstick set back to completed or running.
package protocol Fence: Sendable {
    /// Creates the trigger; a repetition changes nothing.
    func install() async throws

    /// Removes the trigger.
    func remove() async throws

    /// Whether the trigger exists and is enabled.
    func isInstalled() async throws -> Bool
}
