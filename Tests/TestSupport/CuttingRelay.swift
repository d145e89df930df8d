import Foundation
import Synchronization

/// A relay on the loopback address that cuts the connection at a given message, or delays it.
package final class CuttingRelay: Sendable {
    /// When the connection is cut.
    package enum Cut: Sendable {
        /// The message never reaches the server.
        case before
        /// The server gets the message and answers, but the answer is lost.
        case after
    }

    package let port: Int
    private let target: Int
    private let listener: Int32
    private let mark: [UInt8]
    private let delay: Duration
    private let armed = Mutex<Cut?>(nil)
    private let cuts = Mutex(0)

    /// - Parameters:
    ///   - target: the port to relay to.
    ///   - mark: a text in the message at which the connection is cut.
    ///   - delay: the delay of each message.
    package init(to target: Int, at mark: String = "", delay: Duration = .zero) throws {
        self.target = target
        self.delay = delay
        self.mark = Array(mark.utf8)
        self.port = try PostgresCluster.freePort()
        self.listener = try Self.listen(on: self.port)
        Thread.detachNewThread { self.accept() }
    }

    /// A socket that listens on a port of the loopback address.
    package static func listen(on port: Int) throws -> Int32 {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var yes: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard Self.onLoopback(port, { bind(listener, $0, $1) }) == 0, Glibc.listen(listener, 64) == 0 else {
            throw ChildProcess.Failure(text: "the port \(port) cannot be used")
        }
        return listener
    }

    /// Cuts the connection at the next such message.
    package func arm(_ cut: Cut) { self.armed.withLock { $0 = cut } }

    /// How often the connection was cut.
    package var count: Int { self.cuts.withLock { $0 } }

    package func close() {
        shutdown(self.listener, Int32(SHUT_RDWR))
        Glibc.close(self.listener)
    }

    private static func onLoopback(_ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    private func accept() {
        while true {
            let client = Glibc.accept(self.listener, nil, nil)
            guard client >= 0 else { return }
            let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            guard Self.onLoopback(self.target, { connect(server, $0, $1) }) == 0 else {
                Glibc.close(client)
                Glibc.close(server)
                continue
            }
            let line = Line(client: client, server: server)
            Thread.detachNewThread { self.relayRequests(line) }
            Thread.detachNewThread { self.relayAnswers(line) }
        }
    }

    private final class Line: Sendable {
        let client: Int32
        let server: Int32
        let isDeaf = Mutex(false)

        init(client: Int32, server: Int32) { (self.client, self.server) = (client, server) }

        func end() {
            shutdown(self.client, Int32(SHUT_RDWR))
            shutdown(self.server, Int32(SHUT_RDWR))
        }

        deinit {
            Glibc.close(self.client)
            Glibc.close(self.server)
        }
    }

    private func relayRequests(_ line: Line) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(line.client, &buffer, buffer.count)
            guard count > 0 else { return line.end() }
            if self.hasMark(buffer[..<count]),
                let cut = self.armed.withLock({ armed in
                    defer { armed = nil }
                    return armed
                })
            {
                self.cuts.withLock { $0 += 1 }
                if cut == .before { return line.end() }
                line.isDeaf.withLock { $0 = true }
            }
            self.wait()
            guard write(line.server, buffer, count) == count else { return line.end() }
        }
    }

    private func relayAnswers(_ line: Line) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(line.server, &buffer, buffer.count)
            self.wait()
            // After a cut was requested, the answer shows that the server has executed the message.
            guard count > 0, !line.isDeaf.withLock({ $0 }), write(line.client, buffer, count) == count else {
                return line.end()
            }
        }
    }

    private func wait() {
        if self.delay > .zero { Thread.sleep(forTimeInterval: self.delay / .seconds(1)) }
    }

    private func hasMark(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard !self.mark.isEmpty, bytes.count >= self.mark.count else { return false }
        return bytes.indices.dropLast(self.mark.count - 1).contains { start in
            bytes[start] == self.mark[0] && bytes[start..<(start + self.mark.count)].elementsEqual(self.mark)
        }
    }
}
