import AsyncHTTPClient
import NIOCore
import NIOPosix

/// Lets another resolver take no longer than until the deadline of an attempt.
///
/// The other one has to heed cancellation, as ``SystemResolver`` does.
struct TimedResolver: AddressResolver {
    /// What finds the addresses.
    let resolver: any AddressResolver
    /// When to give up.
    let deadline: NIODeadline

    /// Answers as the other resolver does, or throws that the deadline has passed.
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
