import NIOCore
package import NIOPosix

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Resolves with the system, its hosts file and name servers.
///
/// The system's call cannot be cancelled, and continues in its thread after its caller stopped waiting. A busy server
/// should give this its own pool, so that slow name servers block nothing else.
package struct SystemResolver: AddressResolver {
    /// The threads for the system's blocking call.
    package let threads: NIOThreadPool
    /// How long a caller waits at most.
    package let timeLimit: Duration

    /// Makes a resolver; the pool must be running.
    package init(threads: NIOThreadPool = .singleton, timeLimit: Duration = .seconds(5)) {
        self.threads = threads
        self.timeLimit = timeLimit
    }

    /// Returns the addresses of a host, each once; none when the host does not exist.
    package func addresses(of host: String) async throws -> [IPAddress] {
        let (answers, answer) = AsyncStream.makeStream(
            of: Result<[IPAddress], any Error>.self,
            bufferingPolicy: .bufferingOldest(1)
        )
        let deadline = ContinuousClock.now + self.timeLimit
        let limit = Task {
            try await Task.sleep(until: deadline, clock: .continuous)
            answer.yield(.failure(ResolutionFailed(host: host, reason: "there was no answer in \(self.timeLimit)")))
        }
        defer { limit.cancel() }
        self.threads.submit { state in
            guard state == .active else {
                answer.yield(.failure(ResolutionFailed(host: host, reason: "the server is stopping")))
                return
            }
            // After many slow names a call may get its thread when its caller no longer waits.
            guard ContinuousClock.now < deadline else { return }
            answer.yield(Result { try Self.lookUp(host) })
        }
        for await first in answers { return try first.get() }
        throw CancellationError()
    }

    private static func lookUp(_ host: String) throws -> [IPAddress] {
        guard !host.utf8.contains(0) else { return [] }
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, nil, &hints, &list)
        defer { if list != nil { freeaddrinfo(list) } }
        switch status {
        case 0: return Self.addresses(in: list)
        case EAI_NONAME: return []
        default: throw ResolutionFailed(host: host, reason: String(cString: gai_strerror(status)))
        }
    }

    /// Keeps each address once; the system lists it for every type of socket.
    private static func addresses(in list: UnsafeMutablePointer<addrinfo>?) -> [IPAddress] {
        var found: [IPAddress] = []
        for entry in sequence(first: list, next: { $0?.pointee.ai_next }) {
            guard let entry, let address = Self.address(entry.pointee), !found.contains(address) else { continue }
            found.append(address)
        }
        return found
    }

    private static func address(_ entry: addrinfo) -> IPAddress? {
        guard let socket = UnsafeRawPointer(entry.ai_addr) else { return nil }
        switch entry.ai_family {
        case AF_INET: return IPAddress(SocketAddress(socket.loadUnaligned(as: sockaddr_in.self)))
        case AF_INET6: return IPAddress(SocketAddress(socket.loadUnaligned(as: sockaddr_in6.self)))
        default: return nil
        }
    }
}

/// Finds the addresses of hosts.
package protocol AddressResolver: Sendable {
    /// Returns the addresses of a host in the order of preference; none when the host does not exist.
    func addresses(of host: String) async throws -> [IPAddress]
}

/// The error for a host name that could not be resolved; the same query may succeed later.
package struct ResolutionFailed: Error, Hashable, CustomStringConvertible {
    /// The host name.
    package let host: String
    /// Why it failed.
    package let reason: String

    /// What happened and what to do.
    package var description: String {
        "\(self.host) could not be looked up: \(self.reason); check the name and try again"
    }
}
