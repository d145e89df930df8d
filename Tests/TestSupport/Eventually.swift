import Unstick

/// Repeats until there is an answer, for at most 40 seconds.
@discardableResult
package func eventually<Answer>(
    _ what: String,
    within limit: Duration = .seconds(40),
    _ ask: () async throws -> Answer?
) async throws -> Answer {
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
        if let answer = try await ask() { return answer }
        try await Task.sleep(for: .milliseconds(50))
    }
    throw UnstickError(.notFound, "never came: \(what)")
}
