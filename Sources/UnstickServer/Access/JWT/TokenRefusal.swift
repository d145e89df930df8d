/// Why a token was not accepted.
///
/// The raw value is for a log: bounded text that has nothing of the token in it. Whoever sent the token is not told.
enum TokenRefusal: String, Error, CaseIterable {
    /// It has more bytes than a token may have.
    case length
    /// It is not three parts in base64url without padding.
    case encoding
    /// Its header is no JSON object, or one of its fields is not of its type.
    case header
    /// Its algorithm is not one of those allowed.
    case algorithm
    /// It says that it is another kind of token.
    case type
    /// It asks for something that is not done here: an extension, a nested token, a key of its own.
    case unsupported
    /// There is no key for it.
    case key
    /// No key made its signature.
    case signature
    /// Its payload is no JSON object, or one of its claims is not of its type.
    case payload
    /// Somebody else issued it.
    case issuer
    /// It was issued for somebody else.
    case audience
    /// It was issued to another party.
    case authorizedParty = "authorized_party"
    /// It was issued for another organization.
    case organization
    /// A time is missing or absurd.
    case time
    /// It is over.
    case expired
    /// It is not in force yet.
    case notYetValid = "not_yet_valid"
    /// It does not say who it is for in a way that could be written down.
    case name
}
