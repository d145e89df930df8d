/// Where a request comes from, and by which way.
package struct Client: Hashable, Sendable {
    /// The address of whoever asks; `nil` where it is not known.
    package var address: String?
    /// The host and port that they asked for.
    package var host: String?
    /// What stands before every path as they see it; empty, or with a slash in front and none at the end.
    package var prefix = ""

    package init(address: String? = nil, host: String? = nil, prefix: String = "") {
        self.address = address
        self.host = host
        self.prefix = prefix
    }
}
