import NIOSSL

extension NIOSSLCertificate {
    /// Whether one of its names is that of a host.
    ///
    /// NIOSSL is content with a certificate for the address of the peer as well. Whoever leads a name to an address of
    /// their own could get such a certificate, and with it what is meant for the name.
    func isFor(_ host: String) -> Bool {
        self._subjectAlternativeNames().contains { name in
            name.nameType == .dnsName && Self.matches(String(decoding: name.contents, as: UTF8.self).lowercased(), host)
        }
    }

    /// Compares a name, which may have `*` for its first label, with a host name in lower case.
    private static func matches(_ pattern: String, _ host: String) -> Bool {
        guard pattern.hasPrefix("*.") else { return pattern == host }
        return host.firstIndex(of: ".").map { host[$0...] == pattern.dropFirst() } ?? false
    }
}
