import Access
import Events
import HTTPProtocol
import HTTPServer
import Synchronization

/// Says who sends a request: a bearer token, an API key, a session cookie, or the local operator on the control socket.
struct Authenticator: Sendable {
    private let verifier: SharedVerifier
    private let cookie: SessionCookie
    private let login: LoginLink
    private let keys: APIKeyBook
    private let usedLinks: SharedUsedTokens
    private let sessionLifetime: Milliseconds

    init(
        verifier: TokenVerifier, cookie: SessionCookie, login: LoginLink, keys: APIKeyBook,
        sessionLifetime: Milliseconds
    ) {
        self.verifier = SharedVerifier(verifier)
        self.cookie = cookie
        self.login = login
        self.keys = keys
        self.sessionLifetime = sessionLifetime
        usedLinks = SharedUsedTokens()
    }

    /// Judges bearer tokens by `verifier` from now on, in every copy; what the loops' caches know is the caller's to clear.
    func use(_ verifier: TokenVerifier) { self.verifier.replace(by: verifier) }

    /// The credential of `request`.
    /// - Parameter verified: the loop's caches.
    /// - Throws: `unauthenticated`, `invalid_token`, `token_expired`, `cross_origin`.
    func credential(
        of request: Request, at now: Milliseconds, _ verified: inout VerifiedCredentials
    ) throws(Problem) -> Credential {
        if request.isLocalControl { return .localOperator }
        if let token = try bearer(of: request.head) {
            return try credential(bearer: token, at: now, &verified.bearers)
        }
        guard let field = request.head.first(.cookie),
            let session = try session(in: Array(field), at: now, &verified.sessions)
        else { throw Self.missing }
        try requireSameOrigin(request)
        return .session(session)
    }

    private func session(
        in field: [UInt8], at now: Milliseconds, _ verified: inout VerifiedTokens
    ) throws(Problem) -> TokenClaims? {
        do throws(TokenError) {
            guard let value = try cookie.value(in: field) else { return nil }
            if let known = verified.claims(for: value, now: now) { return known }
            let claims = try cookie.verify(value, now: now)
            verified.insert(value, claims: claims, now: now)
            return claims
        } catch {
            throw Self.problem(error)
        }
    }

    private func credential(
        bearer token: ArraySlice<UInt8>, at now: Milliseconds, _ verified: inout VerifiedTokens
    ) throws(Problem) -> Credential {
        guard APIKey.isLikely(token) else {
            do throws(TokenError) {
                return .token(try verified.verify(Array(token), by: verifier.current, now: now))
            } catch {
                throw Self.problem(error)
            }
        }
        guard let key = APIKey(token), let record = keys[key.prefix]?.record else {
            throw Problem(.invalidToken, "The API key is unknown.")
        }
        do throws(APIKeyError) {
            try record.check(key, now: now)
            return .apiKey(record)
        } catch {
            throw Problem(ProblemCode(rawValue: error.code) ?? .invalidToken, error.detail)
        }
    }

    /// A request that changes state by cookie must come from our own page.
    /// - Throws: `cross_origin`.
    func requireSameOrigin(_ request: Request) throws(Problem) {
        switch request.head.method {
        case .get, .head, .options: return
        default: break
        }
        let isOwn = SameOrigin.check(
            origin: request.head.text(of: .origin), secFetchSite: request.head.text(of: .secFetchSite),
            host: request.head.authority ?? "")
        if !isOwn { throw Problem(.crossOrigin, "A request by cookie that changes something must be same-origin.") }
    }

    /// The token of `Authorization: Bearer …` (RFC 6750 §2.1); nil without that field.
    func bearer(of head: RequestHead) throws(Problem) -> ArraySlice<UInt8>? {
        let values = head.values(of: .authorization)
        guard let value = values.first else { return nil }
        let scheme = value.prefix(7)
        guard values.count == 1, scheme.count == 7,
            String(decoding: scheme, as: UTF8.self).lowercased() == "bearer ", value.count > 7
        else { throw Problem(.invalidToken, "Authorization must be one field of the form: Bearer <token>.") }
        return value.dropFirst(7)
    }

    // MARK: Sessions

    /// Opens a browser session for a bearer token, or for a one-time login link's token, which is used up.
    func openSession(
        _ request: Request, at now: Milliseconds
    ) throws(Problem) -> (setCookie: String, claims: TokenClaims) {
        guard let token = try bearer(of: request.head) else { throw Self.missing }
        let claims: TokenClaims
        do throws(TokenError) {
            claims = try sessionClaims(of: Array(token), at: now)
        } catch {
            throw Self.problem(error)
        }
        let opened = cookie.open(for: claims, now: now)
        return (opened.setCookie, opened.session)
    }

    private func sessionClaims(of bytes: [UInt8], at now: Milliseconds) throws(TokenError) -> TokenClaims {
        do throws(TokenError) {
            return try verifier.current.verify(bytes, now: now)
        } catch {
            // A link is signed by a secret of this process alone.
            guard error == .badSignature || error == .wrongAudience else { throw error }
            // A link lives for minutes; the session it opens lasts as any other.
            var claims = try usedLinks.redeem(bytes, by: login, now: now)
            claims.expiresAt = now + sessionLifetime
            return claims
        }
    }

    var endSession: String { cookie.close }

    private static let missing = Problem(
        .unauthenticated, "Send Authorization: Bearer with a token or an API key, or sign in.")

    private static func problem(_ error: TokenError) -> Problem {
        Problem(ProblemCode(rawValue: error.code) ?? .invalidToken, error.detail)
    }
}

/// The verifier in force, shared by all loops.
private final class SharedVerifier: Sendable {
    private let verifier: Mutex<TokenVerifier>

    init(_ verifier: TokenVerifier) { self.verifier = Mutex(verifier) }

    var current: TokenVerifier { verifier.withLock { $0 } }

    func replace(by next: TokenVerifier) { verifier.withLock { $0 = next } }
}

/// The login links used up, shared by all loops.
private final class SharedUsedTokens: Sendable {
    private let used = Mutex(UsedTokenIDs())

    func redeem(_ token: [UInt8], by login: LoginLink, now: Milliseconds) throws(TokenError) -> TokenClaims {
        try used.withLock { (used) throws(TokenError) in try login.redeem(token, used: &used, now: now) }
    }
}
