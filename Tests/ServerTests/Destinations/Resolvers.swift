import Synchronization
import Testing

@testable import UnstickServer

/// Answers from a list, and records the queries.
final class FakeResolver: AddressResolver {
    private let answers: @Sendable (_ host: String, _ call: Int) -> [String]
    private let hosts = Mutex<[String]>([])

    /// The queried names.
    var asked: [String] { self.hosts.withLock { $0 } }

    init(_ answers: @escaping @Sendable (_ host: String, _ call: Int) -> [String]) {
        self.answers = answers
    }

    convenience init(_ table: [String: [String]]) {
        self.init { host, _ in table[host] ?? [] }
    }

    func addresses(of host: String) async throws -> [IPAddress] {
        let call = self.hosts.withLock { hosts in
            hosts.append(host)
            return hosts.count
        }
        return try self.answers(host, call).map { try address($0) }
    }
}

/// Parses an address of a test.
func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text), "\(text)") }

/// Parses a network of a test.
func network(_ text: String) throws -> CIDRBlock { try #require(CIDRBlock(text), "\(text)") }
