package import Events

/// A token that signs one browser in, once: `http://…/#login=<token>`. The fragment stays out of logs and `Referer`.
///
/// Valid for ten minutes, without leeway, since one host makes and takes it. Used ids are remembered in memory only,
/// so give it a ``Secret`` that lives as long as the process (`Secret(using:)`): a restart then ends all links, used
/// or not.
package struct LoginLink: Sendable {
    /// Long enough to click, short enough to be found stale in a terminal's history.
    package static let lifetime: Milliseconds = 600_000

    private let issuer: TokenIssuer
    private let verifier: TokenVerifier

    package init(secret: Secret) {
        issuer = TokenIssuer(secret: secret, purpose: .login)
        verifier = TokenVerifier(keys: [VerificationKey(hs256: secret)], purpose: .login, leeway: 0)
    }

    /// A new link's token.
    package func token(
        for user: UserID, name: String?, grants: WorkspaceGrants, now: Milliseconds,
        using random: inout some RandomNumberGenerator
    ) -> String {
        let id = String(decoding: Base32.make(count: 26, using: &random), as: UTF8.self)
        return issuer.token(
            for: TokenClaims(
                user: user, name: name, grants: grants, issuedAt: now, expiresAt: now + Self.lifetime, tokenID: id))
    }

    /// Takes `token`, once: a second time it is ``TokenError/alreadyUsed``.
    package func redeem(
        _ token: [UInt8], used: inout UsedTokenIDs, now: Milliseconds
    ) throws(TokenError) -> TokenClaims {
        let claims = try verifier.verify(token, now: now)
        guard let id = claims.tokenID else { throw .invalidClaim(.tokenID) }
        guard used.use(id, until: claims.expiresAt, now: now) else { throw .alreadyUsed }
        return claims
    }
}

/// The ids of one-time tokens that were used, each kept until its token has expired.
///
/// Bounded: when it is full of ids that still count, further tokens are refused rather than old ones forgotten.
package struct UsedTokenIDs: Sendable {
    private let capacity: Int
    private var expiries: [String: Milliseconds] = [:]

    package init(capacity: Int = 1024) {
        self.capacity = max(1, capacity)
    }

    /// - Returns: whether `id` had not been used before and could be noted.
    package mutating func use(_ id: String, until expiry: Milliseconds, now: Milliseconds) -> Bool {
        guard expiries[id] == nil else { return false }
        if expiries.count >= capacity { expiries = expiries.filter { now < $0.value } }
        guard expiries.count < capacity else { return false }
        expiries[id] = expiry
        return true
    }
}
