import AsyncHTTPClient
import NIOCore
import NIOSSL

extension HTTPClient.Configuration {
    /// The error for a connection to another address than the checked one.
    struct WrongPeer: Error {}

    /// A configuration that connects to one checked address, and to no other, whatever names and servers say.
    static func pinned(
        to destination: Destination,
        connectTimeout: TimeAmount,
        trustRoots: NIOSSLTrustRoots
    ) -> HTTPClient.Configuration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.certificateVerification = .fullVerification
        tls.minimumTLSVersion = .tlsv12
        tls.trustRoots = trustRoots
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls,
            redirectConfiguration: .disallow,
            timeout: Timeout(connect: connectTimeout),
            connectionPool: .pinned,
            proxy: nil,
            decompression: .disabled
        )
        configuration.httpVersion = .http1Only
        // The trace of a webhook is that of its event, not that of its delivery.
        configuration.tracing.tracer = nil
        configuration.pin(destination)
        return configuration
    }

    /// Maps the host to its checked address; the request and the TLS handshake keep its name.
    private mutating func pin(_ destination: Destination) {
        let address = destination.address.canonical
        if case .name(let name) = destination.host { self.dnsOverride = [name: "\(address)"] }
        self.http1_1ConnectionDebugInitializer = { channel in
            Self.check(channel, destination, address).flatMapErrorThrowing { error in
                channel.close(promise: nil)
                throw error
            }
        }
    }

    /// Checks the other end of a new connection, before anything is sent.
    private static func check(
        _ channel: any Channel,
        _ destination: Destination,
        _ address: IPAddress
    ) -> EventLoopFuture<Void> {
        // If the client read the name differently from the check, it would resolve it by itself.
        guard let peer = channel.remoteAddress else {
            return channel.eventLoop.makeFailedFuture(HTTPClientError.remoteConnectionClosed)
        }
        guard IPAddress(peer)?.canonical == address else {
            return channel.eventLoop.makeFailedFuture(WrongPeer())
        }
        guard destination.scheme == .https, case .name(let name) = destination.host else {
            return channel.eventLoop.makeSucceededVoidFuture()
        }
        return channel.nioSSL_peerCertificate().flatMapThrowing { certificate in
            guard certificate?.isFor(name) == true else { throw NIOSSLExtraError.failedToValidateHostname }
        }
    }
}

extension HTTPClient.Configuration.ConnectionPool {
    /// Connections to destinations that others chose.
    fileprivate static var pinned: HTTPClient.Configuration.ConnectionPool {
        var pool = HTTPClient.Configuration.ConnectionPool()
        // Many servers close idle connections after 5 seconds; a request at that moment would be lost.
        pool.idleTimeout = .seconds(4)
        // The caller limits the concurrency; waiting for a connection would use up the time of the attempt.
        pool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1024
        // A failed attempt is repeated as a whole, after its name was resolved and checked again.
        pool.retryConnectionEstablishment = false
        return pool
    }
}

extension NIOSSLCertificate {
    /// Whether one of its names is that of a host.
    ///
    /// NIOSSL also accepts a certificate for the address of the peer. An attacker who points a name to their own
    /// address could get such a certificate, and with it the data for the name.
    func isFor(_ host: String) -> Bool {
        self._subjectAlternativeNames().contains { name in
            name.nameType == .dnsName && Self.matches(String(decoding: name.contents, as: UTF8.self).lowercased(), host)
        }
    }

    /// Compares a name, which may have `*` as its first label, with a host name in lower case.
    private static func matches(_ pattern: String, _ host: String) -> Bool {
        guard pattern.hasPrefix("*.") else { return pattern == host }
        return host.firstIndex(of: ".").map { host[$0...] == pattern.dropFirst() } ?? false
    }
}
