/// Called when a run starts; what it returns is called when the run ends, with the failure or `nil`.
///
/// Neither may keep the run waiting.
public typealias RunObserver = @Sendable () -> @Sendable (_ failure: String?) -> Void

extension CleanupResult {
    /// The result of a run that notifies an observer.
    static func observed(
        by observer: RunObserver?,
        _ run: () async throws -> CleanupResult
    ) async throws -> CleanupResult {
        let ended = observer?()
        do {
            let result = try await run()
            // A pause is intended, so it is no failure.
            ended?(result.attention)
            return result
        } catch {
            ended?((error as? UnstickError)?.message ?? "The run was interrupted.")
            throw error
        }
    }
}
