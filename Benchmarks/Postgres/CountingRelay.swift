import BenchSupport
import Foundation
import Synchronization
import TestSupport

/// Relays bytes between a client and the server on a loopback port, and counts the round trips.
///
/// A round trip begins when the client sends after the server did: several statements in a row are one.
final class CountingRelay: Sendable {
    let port: Int
    private let target: Int
    private let count = Mutex(0)

    var roundTrips: Int { self.count.withLock { $0 } }

    init(to target: Int) throws {
        self.port = try PostgresCluster.freePort()
        self.target = target
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let bound = Self.withAddress(self.port) { bind(listener, $0, $1) }
        guard bound == 0, listen(listener, 16) == 0 else { throw BenchFailure(reason: "the relay cannot listen") }
        Thread.detachNewThread { self.serve(listener) }
    }

    private func serve(_ listener: Int32) {
        while true {
            let client = accept(listener, nil, nil)
            guard client >= 0 else { return }
            let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            guard Self.withAddress(self.target, { connect(server, $0, $1) }) == 0 else { return }
            let talk = Talk()
            Thread.detachNewThread {
                self.relay(from: client, to: server) { if talk.clientSpeaks() { self.count.withLock { $0 += 1 } } }
            }
            Thread.detachNewThread { self.relay(from: server, to: client) { talk.serverSpeaks() } }
        }
    }

    private func relay(from source: Int32, to sink: Int32, _ note: () -> Void) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(source, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            note()
            var sent = 0
            while sent < count {
                let written = buffer[sent..<count].withUnsafeBytes { rest in
                    send(sink, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
                }
                guard written > 0 else { return }
                sent += written
            }
        }
        shutdown(sink, Int32(SHUT_WR))
    }

    /// The last sender on a connection.
    private final class Talk: Sendable {
        private let clientSpokeLast = Mutex(false)

        /// - Returns: whether a round trip begins.
        func clientSpeaks() -> Bool {
            self.clientSpokeLast.withLock { last in
                defer { last = true }
                return !last
            }
        }

        func serverSpeaks() { self.clientSpokeLast.withLock { $0 = false } }
    }

    private static func withAddress<Value>(
        _ port: Int,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Value
    ) -> Value {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
