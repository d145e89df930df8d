extension JWTSettings {
    /// A name for the settings that gives nothing away, and changes with each of them.
    var fingerprint: String {
        let keys =
            switch self.keys {
            case .secret(let secret): ["secret", SecretDigest.sha256(secret).hexadecimal]
            case .jwks(.url(let url)): ["url", url]
            case .jwks(.file(let path)): ["file", path]
            }
        let parts = [
            keys, self.algorithms.map(\.rawValue).sorted(), [self.issuer ?? ""], self.audiences, self.authorizedParties,
            [self.organization ?? ""], self.roleClaims.map(\.text), self.adminValues, self.operatorValues,
            self.viewerValues, self.nameClaims.map(\.text),
        ]
        // Each part by its digest, so that no part can pass for two.
        let digests = parts.map { part in
            SecretDigest.sha256(part.map { SecretDigest.sha256($0).hexadecimal }.joined()).hexadecimal
        }
        return SecretDigest.sha256(digests.joined()).prefix(8).hexadecimal
    }
}
