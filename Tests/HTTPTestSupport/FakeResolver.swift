import Synchronization
import Testing
package import UnstickHTTP

/// Answers from a list, and records the queries.
package final class FakeResolver: AddressResolver {
    private let answers: @Sendable (_ host: String, _ call: Int) -> [String]
    private let hosts = Mutex<[String]>([])

    /// The queried names.
    package var asked: [String] { self.hosts.withLock { $0 } }

    package init(_ answers: @escaping @Sendable (_ host: String, _ call: Int) -> [String]) {
        self.answers = answers
    }

    package convenience init(_ table: [String: [String]]) {
        self.init { host, _ in table[host] ?? [] }
    }

    package func addresses(of host: String) async throws -> [IPAddress] {
        let call = self.hosts.withLock { hosts in
            hosts.append(host)
            return hosts.count
        }
        return try self.answers(host, call).map { try address($0) }
    }
}

/// Parses an address of a test.
package func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text), "\(text)") }

/// Parses a network of a test.
package func network(_ text: String) throws -> CIDRBlock { try #require(CIDRBlock(text), "\(text)") }
