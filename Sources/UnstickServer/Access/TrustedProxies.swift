import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Unstick
import UnstickHTTP

/// The proxies that are trusted to name the origin of a request.
///
/// Any client can send `X-Forwarded-…` headers; they count only where the address of the connection is one of these.
public struct TrustedProxies: Sendable {
    private let networks: [CIDRBlock]

    /// Trusts no proxy.
    public init() {
        self.networks = []
    }

    /// Reads networks, separated by commas or white space.
    ///
    /// - Parameter text: networks such as `10.0.0.0/8`, or single addresses.
    /// - Throws: ``/Unstick/UnstickError`` `invalidArgument` for an invalid network.
    public init(_ text: String) throws {
        self.networks = try text.split { $0 == "," || $0.isWhitespace }.map { network in
            guard let block = CIDRBlock(String(network)) else {
                throw UnstickError(
                    .invalidArgument,
                    "TRUSTED_PROXIES has '\(network)', which is not a network. Write 10.0.0.0/8, fd00::/8 or an address."
                )
            }
            return block
        }
    }

    /// The origin of a request.
    ///
    /// - Parameter peer: the other end of the connection; `nil` where it is unknown.
    func client(of request: Request, peer: SocketAddress?) -> Client {
        let host = request.head.authority
        guard let peer = peer.flatMap({ IPAddress($0) }) else { return Client(host: host) }
        guard self.trusts(peer) else { return Client(address: peer.canonical.description, host: host) }
        let headers = request.headers
        return Client(
            address: (self.origin(of: headers[values: .forwardedFor]) ?? peer).canonical.description,
            host: headers[.forwardedHost] ?? host,
            prefix: headers[.forwardedPrefix].flatMap { Self.prefix($0) } ?? ""
        )
    }

    func trusts(_ address: IPAddress) -> Bool { self.networks.contains { $0.contains(address) } }

    /// The last address in the chain that is not a proxy: a client may have written everything before it.
    private func origin(of chain: [String]) -> IPAddress? {
        let hops = chain.joined(separator: ",").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        for hop in hops.reversed() {
            guard let address = IPAddress(hop) else { return nil }
            if !self.trusts(address) { return address }
        }
        return nil
    }

    /// A path that is safe in a link: segments of letters, digits, dots, hyphens, underscores and tildes.
    package static func prefix(_ text: String) -> String? {
        let path = text.hasSuffix("/") ? String(text.dropLast()) : text
        guard !path.isEmpty else { return "" }
        let isSafe = path.utf8.count <= 200 && path.wholeMatch(of: /(\/[A-Za-z0-9._~-]+)+/) != nil
        return isSafe && !path.contains("..") ? path : nil
    }
}

extension HTTPField.Name {
    // Constants of the right form.
    fileprivate static let forwardedFor = HTTPField.Name("X-Forwarded-For") ?? .via
    fileprivate static let forwardedHost = HTTPField.Name("X-Forwarded-Host") ?? .via
    fileprivate static let forwardedPrefix = HTTPField.Name("X-Forwarded-Prefix") ?? .via
}
