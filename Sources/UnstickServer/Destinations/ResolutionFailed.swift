/// Tells that a host name could not be looked up; the same look-up may succeed later.
struct ResolutionFailed: Error, Hashable, CustomStringConvertible {
    /// The name that was looked up.
    let host: String
    /// Why it failed.
    let reason: String

    /// What happened and what to do.
    var description: String { "\(self.host) could not be looked up: \(self.reason); check the name and try again" }
}
