/// Finds the addresses of hosts.
protocol AddressResolver: Sendable {
    /// Answers with the addresses of a host in the order of preference; with none when there is no such host.
    func addresses(of host: String) async throws -> [IPAddress]
}
