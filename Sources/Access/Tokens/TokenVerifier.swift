package import Events

/// Verifies JSON Web Tokens (RFC 7519, JWS compact serialisation), by the rules of RFC 8725.
///
/// The signature is checked before a single claim is read, by the key's own algorithm. Times have 60 s of leeway. A
/// value without state: share it freely; ``VerifiedTokens`` spares the work for tokens that come again.
///
/// ```swift
/// let verifier = TokenVerifier(keys: [VerificationKey(hs256: secret)], purpose: .bearer(audience: nil))
/// let claims = try verifier.verify(Array(token.utf8), now: now)
/// ```
package struct TokenVerifier: Sendable {
    /// The longest token looked at, in bytes: room for hundreds of workspaces, but little work for a forger to cause.
    package static let maximumBytes = 8192
    /// How far the clocks of issuer and server may be apart.
    package static let defaultLeeway: Milliseconds = 60_000

    private let keys: [VerificationKey]
    private let purpose: TokenPurpose
    private let issuer: String?
    private let leeway: Milliseconds

    /// - Parameters:
    ///   - keys: one is chosen by algorithm and `kid`. A token needs a `kid` where its algorithm has several keys.
    ///   - purpose: what the tokens are for, which decides the audience they must have.
    ///   - issuer: what `iss` must say; nil takes any.
    ///   - leeway: tolerance for `exp`, `nbf` and `iat`, in milliseconds.
    package init(
        keys: [VerificationKey], purpose: TokenPurpose, issuer: String? = nil, leeway: Milliseconds = defaultLeeway
    ) {
        self.keys = keys
        self.purpose = purpose
        self.issuer = issuer
        self.leeway = leeway
    }

    /// Says who bears `token`, at the wall-clock time `now`.
    package func verify(_ token: [UInt8], now: Milliseconds) throws(TokenError) -> TokenClaims {
        guard token.count <= Self.maximumBytes else { throw .tooLarge }
        let parts = token.split(separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Base64URL.decode(parts[0]), let payload = Base64URL.decode(parts[1]),
            let signature = Base64URL.decode(parts[2])
        else { throw .malformed }
        try checkSignature(signature, header: TokenHeader(header), input: token[..<parts[1].endIndex])

        let content = try TokenPayload(payload)
        guard purpose.accepts(content.audiences) else { throw .wrongAudience }
        if let issuer, content.issuer != issuer { throw .wrongIssuer }
        try checkTimes(of: content, now: now)
        return content.claims
    }

    private func checkSignature(
        _ signature: [UInt8], header: TokenHeader, input: ArraySlice<UInt8>
    ) throws(TokenError) {
        let fitting = keys.filter { $0.algorithm.rawValue == header.algorithm }
        guard !fitting.isEmpty else { throw .unsupportedAlgorithm }
        let candidates = Self.candidates(for: header.keyID, among: fitting)
        guard let key = candidates.first else { throw .unknownKey }
        guard candidates.count == 1 else { throw .keyNotNamed }
        guard key.verifies(signature, over: input) else { throw .badSignature }
    }

    /// The keys that a token of their algorithm may mean: those that bear its `kid`; else, those without a name. A token
    /// that names none may mean any of them. Keys are never tried in turn, so a token costs one verification.
    private static func candidates(for keyID: String?, among keys: [VerificationKey]) -> [VerificationKey] {
        guard let keyID else { return keys }
        let named = keys.filter { $0.id == keyID }
        return named.isEmpty ? keys.filter { $0.id == nil } : named
    }

    private func checkTimes(of content: TokenPayload, now: Milliseconds) throws(TokenError) {
        if now >= content.claims.expiresAt + leeway { throw .expired }
        if let notBefore = content.notBefore, notBefore > now + leeway { throw .notYetValid }
        // A token "issued" next year would outlive every removal of its bearer until then.
        if let issuedAt = content.claims.issuedAt, issuedAt > now + leeway { throw .notYetValid }
    }
}

/// What a token is for. Each purpose has its own audience, so that a token of one is worthless for another (RFC 8725
/// §3.12).
package enum TokenPurpose: Sendable, Equatable {
    /// `Authorization: Bearer`; with an audience, `aud` must name it.
    case bearer(audience: String?)
    /// The content of a ``SessionCookie``.
    case session
    /// A ``LoginLink``.
    case login

    /// The beginning of audiences that Tideline keeps for itself; configuration may not use them.
    package static let reservedPrefix = "tideline:"

    /// What the issuer writes as `aud`; nil writes none.
    var audience: String? {
        switch self {
        case .bearer(let audience): audience
        case .session: Self.reservedPrefix + "session"
        case .login: Self.reservedPrefix + "login"
        }
    }

    func accepts(_ audiences: [String]) -> Bool {
        switch self {
        case .bearer(let wanted):
            !audiences.contains { $0.hasPrefix(Self.reservedPrefix) } && (wanted.map(audiences.contains) ?? true)
        case .session, .login:
            audiences == audience.map { [$0] }
        }
    }
}
