/// Why a token is refused; each is a 401 with ``code``.
package enum TokenError: Error, Equatable, Sendable {
    /// Longer than ``TokenVerifier/maximumBytes``.
    case tooLarge
    /// Not three base64url segments holding strict JSON objects, or a header of the wrong shape.
    case malformed
    /// The header's `alg` is not that of a key (`none` never is).
    case unsupportedAlgorithm
    /// The header demands an extension (`crit`); Tideline has none.
    case criticalExtension
    /// No key has the header's `kid`.
    case unknownKey
    /// The header has no `kid`, and several keys have its algorithm.
    case keyNotNamed
    case badSignature
    /// The signature holds, but this claim is missing or has an impossible value.
    case invalidClaim(Claim)
    case expired
    /// `nbf`, or `iat`, lies in the future.
    case notYetValid
    case wrongAudience
    case wrongIssuer
    /// A one-time token that was used before.
    case alreadyUsed

    /// A claim that Tideline reads.
    package enum Claim: String, Sendable {
        case subject = "sub"
        case name, workspaces
        case expiry = "exp"
        case notBefore = "nbf"
        case issuedAt = "iat"
        case audience = "aud"
        case issuer = "iss"
        case tokenID = "jti"
    }

    /// The problem code a client sees: `token_expired` where a new token would help, else `invalid_token`.
    package var code: String {
        self == .expired ? "token_expired" : "invalid_token"
    }

    /// One sentence for the client and the log; holds nothing of the token.
    package var detail: String {
        switch self {
        case .tooLarge: "The token is longer than \(TokenVerifier.maximumBytes) bytes."
        case .malformed: "The token is not a well-formed JWT."
        case .unsupportedAlgorithm: "The token's algorithm is not the one its key is for."
        case .criticalExtension: "The token demands an extension that is not supported."
        case .unknownKey: "The token names a key that is not known here."
        case .keyNotNamed: "The token must name its key (kid): several keys are for its algorithm."
        case .badSignature: "The token's signature does not match."
        case .invalidClaim(let claim): "The token's claim \"\(claim.rawValue)\" is missing or invalid."
        case .expired: "The token has expired."
        case .notYetValid: "The token is not valid yet."
        case .wrongAudience: "The token is meant for another audience."
        case .wrongIssuer: "The token comes from another issuer."
        case .alreadyUsed: "The token was used before and is valid once."
        }
    }
}
