package import Events

/// A browser's session: a token of its own audience in a cookie that scripts cannot read. The server keeps nothing of it
/// but, once it was signed out, its id (``EndedSessions``).
///
/// The session inherits the user, the grants **and the `iat`** of the token it was made from: with a new `iat`, a
/// removed member could turn an old token into a session that the removal no longer reaches. It ends with that token
/// at the latest, and using it does not prolong it: a stolen cookie that is kept busy would never end. An API key opens
/// no session, since nothing would end it when the key is revoked.
package struct SessionCookie: Sendable {
    /// How long a session lasts when the token it came from lasts longer: a working day.
    package static let defaultMaximumAge: Milliseconds = 12 * 3_600_000

    /// `tideline_session`; under TLS `__Host-tideline_session`, which browsers take only from this very host, over TLS.
    package let name: String
    private let isSecure: Bool
    private let maximumAge: Milliseconds
    private let issuer: TokenIssuer
    private let verifier: TokenVerifier

    /// - Parameter isSecure: whether browsers reach the server by TLS.
    package init(secret: Secret, isSecure: Bool, maximumAge: Milliseconds = defaultMaximumAge) {
        name = isSecure ? "__Host-tideline_session" : "tideline_session"
        self.isSecure = isSecure
        self.maximumAge = maximumAge
        issuer = TokenIssuer(secret: secret, purpose: .session)
        verifier = TokenVerifier(keys: [VerificationKey(hs256: secret)], purpose: .session)
    }

    /// The `Set-Cookie` value that opens a session for the bearer of `claims`, and the session's own claims: their
    /// `tokenID` names the session.
    package func open(
        for claims: TokenClaims, now: Milliseconds, using random: inout some RandomNumberGenerator
    ) -> (setCookie: String, session: TokenClaims) {
        var session = claims
        session.tokenID = String(decoding: Base32.make(count: 26, using: &random), as: UTF8.self)
        session.expiresAt = min(claims.expiresAt, (now + maximumAge) / 1000 * 1000)
        let seconds = max(0, (session.expiresAt - now) / 1000)
        return (header(value: issuer.token(for: session), maximumAge: seconds), session)
    }

    /// The `Set-Cookie` value that signs out.
    package var close: String { header(value: "", maximumAge: 0) }

    /// The session that a `Cookie` field value holds.
    /// - Returns: nil when it holds no cookie of our name; all others are ignored.
    /// - Throws: ``TokenError/malformed`` when it holds two of them (one may have been planted from a sibling host),
    ///   else what the verifier throws.
    package func session(in field: [UInt8], now: Milliseconds) throws(TokenError) -> TokenClaims? {
        guard let token = try value(in: field) else { return nil }
        return try verifier.verify(token, now: now)
    }

    /// The token in a `Cookie` field value, unverified: for a cache in front of ``verify(_:now:)``.
    package func value(in field: [UInt8]) throws(TokenError) -> [UInt8]? {
        var found: [UInt8]?
        for pair in field.split(separator: UInt8(ascii: ";")) {
            let pair = Self.trimmed(pair)
            guard let equals = pair.firstIndex(of: UInt8(ascii: "=")), pair[..<equals].elementsEqual(name.utf8) else {
                continue
            }
            guard found == nil else { throw .malformed }
            found = Array(pair[(equals + 1)...])
        }
        return found
    }

    /// Verifies what ``value(in:)`` found.
    package func verify(_ token: [UInt8], now: Milliseconds) throws(TokenError) -> TokenClaims {
        try verifier.verify(token, now: now)
    }

    private func header(value: String, maximumAge: Milliseconds) -> String {
        "\(name)=\(value); Path=/; Max-Age=\(maximumAge); HttpOnly; SameSite=Strict" + (isSecure ? "; Secure" : "")
    }

    /// Without the optional white space around it (RFC 9110 §5.6.3).
    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isSpace = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        let head = bytes.drop(while: isSpace)
        let tail = head.reversed().prefix(while: isSpace).count
        return head.dropLast(tail)
    }
}
