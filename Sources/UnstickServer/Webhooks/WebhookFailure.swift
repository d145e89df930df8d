import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL
import UnstickHTTP

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Why an attempt got no answer, in a sentence for readers of the deliveries.
///
/// Only known errors have details, because the texts of others may contain addresses and parts of the URL.
struct WebhookFailure {
    /// The time limit of an attempt.
    let timeout: Duration
    /// The time limit for connecting.
    let connectTimeout: Duration

    /// The sentence for an error.
    func sentence(_ error: any Error) -> String {
        switch error {
        case let error as RefusedDestination: error.message
        case let error as ResolutionFailed: error.description
        case let error as HTTPClientError: self.sentence(error)
        case let error as IOError: Self.sentence(error)
        case let error as HTTPParserError where error == .invalidEOFState: Self.closedEarly
        case is HTTPParserError: "The receiver's answer is not valid HTTP."
        case is ChannelError: Self.closedEarly
        case is CancellationError: Self.stopped
        case let error where Self.isTLS(error): Self.sentence(tls: error)
        default: "The attempt failed."
        }
    }

    private static let stopped = "The attempt was stopped before the receiver answered."
    private static let closedEarly = "The receiver closed the connection before it answered."

    private func sentence(_ error: HTTPClientError) -> String {
        switch error {
        case .deadlineExceeded:
            "The attempt timed out after \(Self.text(self.timeout))."
        case .connectTimeout, .getConnectionFromPoolTimeout, .tlsHandshakeTimeout:
            "The receiver took no connection within \(Self.text(self.connectTimeout))."
        case .remoteConnectionClosed, .uncleanShutdown: Self.closedEarly
        case .cancelled, .alreadyShutdown: Self.stopped
        default: "The attempt failed: \(error.shortDescription)."
        }
    }

    private static func sentence(_ error: IOError) -> String {
        switch error.errnoCode {
        case ECONNREFUSED: "The receiver refused the connection."
        case ECONNRESET, EPIPE: Self.closedEarly
        case EHOSTUNREACH, ENETUNREACH, ETIMEDOUT: "The receiver could not be reached."
        default: "The connection to the receiver failed."
        }
    }

    private static func isTLS(_ error: any Error) -> Bool {
        error is NIOSSLError || error is NIOSSLExtraError || error is BoringSSLError
    }

    private static func sentence(tls error: any Error) -> String {
        switch error {
        case let error as NIOSSLExtraError where error == .failedToValidateHostname:
            "TLS failed: the receiver's certificate is for another host."
        case NIOSSLError.handshakeFailed(.sslError(let stack)) where "\(stack)".contains("CERTIFICATE_VERIFY_FAILED"):
            "TLS failed: the receiver's certificate is not trusted."
        case NIOSSLError.uncleanShutdown: Self.closedEarly
        default: "TLS failed: the handshake with the receiver failed."
        }
    }

    private static func text(_ duration: Duration) -> String {
        let milliseconds = duration / .milliseconds(1)
        return milliseconds < 1000 ? "\(Int(milliseconds)) ms" : "\(Int(milliseconds / 1000)) s"
    }
}
