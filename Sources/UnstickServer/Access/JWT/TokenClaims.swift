import Unstick

/// The claims of a token with a verified signature.
struct TokenClaims {
    private let members: [ExactText: JSONValue]

    /// All of them.
    var json: JSONValue { .object(self.members) }

    /// Reads the payload of a token.
    init(_ json: [UInt8]) throws(TokenRefusal) {
        do {
            self.members = try StrictJSON.object(json, plainNumbers: ["exp", "nbf", "iat"])
        } catch {
            throw .payload
        }
    }

    /// Checks that they are meant for this server and are in force.
    ///
    /// - Returns: when the token ends.
    func check(_ settings: JWTSettings, at now: Timestamp) throws(TokenRefusal) -> Timestamp {
        try self.checkIssuer(settings.issuer)
        try self.checkAudience(settings.audiences)
        try self.checkParty(settings.authorizedParties)
        try self.checkOrganization(settings.organization)
        return try self.checkTimes(now)
    }

    private func checkIssuer(_ issuer: String?) throws(TokenRefusal) {
        guard let issuer else { return }
        guard case .text(let actual) = self.members["iss"], actual.isExactly(issuer) else { throw .issuer }
    }

    private func checkAudience(_ audiences: [String]) throws(TokenRefusal) {
        guard !audiences.isEmpty else { return }
        let actual: [JSONValue] =
            switch self.members["aud"] {
            case .list(let list): list
            case .some(let one): [one]
            case nil: []
            }
        for audience in actual {
            guard case .text(let audience) = audience else { throw .payload }
            if audiences.contains(where: { $0.isExactly(audience) }) { return }
        }
        throw .audience
    }

    private func checkParty(_ parties: [String]) throws(TokenRefusal) {
        guard !parties.isEmpty else { return }
        guard case .text(let party) = self.members["azp"], parties.contains(where: { $0.isExactly(party) }) else {
            throw .authorizedParty
        }
    }

    /// Clerk has the organization at `/o/id`, or at `/org_id` in older tokens, as Auth0 does.
    private func checkOrganization(_ organization: String?) throws(TokenRefusal) {
        guard let organization else { return }
        var actual = self.members["org_id"]
        if case .object(let members) = self.members["o"] { actual = members["id"] }
        guard case .text(let id) = actual, id.isExactly(organization) else { throw .organization }
    }

    private func checkTimes(_ now: Timestamp) throws(TokenRefusal) -> Timestamp {
        guard let exp = self.members["exp"] else { throw .time }
        let end = try TokenTime(exp)
        if end.hasPassed(at: now) { throw .expired }
        for name in ["nbf", "iat"] {
            guard let claim = self.members[name.exact] else { continue }
            guard try TokenTime(claim).hasCome(at: now) else { throw .notYetValid }
        }
        return end.timestamp
    }
}

/// A time in a token: seconds since 1970, which may have a fraction.
///
/// [RFC 7519, section 2](https://www.rfc-editor.org/rfc/rfc7519#section-2)
struct TokenTime {
    /// The allowed difference between the clocks of the signer and of this server.
    static let leeway = Duration.seconds(60)
    /// The end of the year 9999, in seconds; a later time is a mistake, such as milliseconds.
    private static let last = 253_402_300_799

    /// The time.
    let timestamp: Timestamp

    /// Reads a claim.
    init(_ claim: JSONValue) throws(TokenRefusal) {
        switch claim {
        case .integer(let seconds) where 0...Self.last ~= seconds:
            self.timestamp = Timestamp(seconds: seconds)
        case .number(let text):
            guard let seconds = Double(text), 0...Double(Self.last) ~= seconds else { throw .time }
            self.timestamp = Timestamp(milliseconds: Int(seconds * 1000))
        default:
            throw .time
        }
    }

    /// Whether the time is over, with the leeway.
    func hasPassed(at now: Timestamp) -> Bool { now >= self.timestamp + Self.leeway }

    /// Whether the time is reached, with the leeway.
    func hasCome(at now: Timestamp) -> Bool { now >= self.timestamp - Self.leeway }
}
