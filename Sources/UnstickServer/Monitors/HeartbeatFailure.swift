/// Tells why a monitor did not take a ping; it never has a part of the URL in it.
enum HeartbeatFailure: Error, CustomStringConvertible {
    /// It did not answer in time.
    case timedOut
    /// It answered with a status other than success; redirections are not followed, they would give the URL away.
    case status(UInt)
    /// It answered with success, but says that it did not count the ping.
    case notCounted(String)

    /// What went wrong.
    var description: String {
        switch self {
        case .timedOut: "no answer in time"
        case .status(let code): "answered \(code)"
        case .notCounted(let answer): "answered \(answer)"
        }
    }
}
