import NIOCore

@testable package import UnstickServer

extension ConnectionLimits {
    /// For tests of other things: on a busy machine they may be silent for long.
    package static let patient: ConnectionLimits = {
        var limits = ConnectionLimits()
        (limits.head, limits.idle) = (.minutes(10), .minutes(10))
        return limits
    }()
}
