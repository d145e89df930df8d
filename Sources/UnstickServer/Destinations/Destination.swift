import NIOCore

/// Where a webhook goes, checked: the connection is to be made to this address, and to no other.
///
/// Resolving the host once more, when connecting or when following a redirect, would undo the check.
struct Destination: Hashable, Sendable {
    /// The URL, in its parts.
    let url: WebhookURL
    /// The one address to connect to.
    let address: IPAddress

    /// The text of the URL.
    var text: String { self.url.text }
    /// How to talk to the host.
    var scheme: WebhookURL.Scheme { self.url.scheme }
    /// The host that the request and the TLS handshake name.
    var host: WebhookHost { self.url.host }
    /// The port to connect to.
    var port: Int { self.url.port }

    /// The address and the port, for a bootstrap to connect to.
    func socketAddress() throws -> SocketAddress {
        try SocketAddress(ipAddress: "\(self.address)", port: self.port)
    }
}
