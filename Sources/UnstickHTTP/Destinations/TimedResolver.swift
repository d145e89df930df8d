import AsyncHTTPClient
import NIOCore
import NIOPosix

/// Limits another resolver to the deadline of an attempt.
///
/// The other one must support cancellation, as ``SystemResolver`` does.
struct TimedResolver: AddressResolver {
    /// The other resolver.
    let resolver: any AddressResolver
    /// The deadline.
    let deadline: NIODeadline

    /// Returns the addresses from the other resolver, or throws after the deadline.
    func addresses(of host: String) async throws -> [IPAddress] {
        // No group with a sleeping child: a cancelled sleep keeps its timer to the end, one for each attempt.
        let lookUp = Task { try await self.resolver.addresses(of: host) }
        let limit = MultiThreadedEventLoopGroup.singleton.any().scheduleTask(deadline: self.deadline) {
            lookUp.cancel()
        }
        defer { limit.cancel() }
        do {
            return try await withTaskCancellationHandler {
                try await lookUp.value
            } onCancel: {
                lookUp.cancel()
            }
        } catch {
            throw NIODeadline.now() < self.deadline ? error : HTTPClientError.deadlineExceeded
        }
    }
}
