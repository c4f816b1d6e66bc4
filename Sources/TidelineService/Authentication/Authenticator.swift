import Access
import Events
import HTTPProtocol
import HTTPServer
import Synchronization

/// Says who sends a request: a bearer token, an API key, a session cookie, a ticket, or the local operator on the control
/// socket.
struct Authenticator: Sendable {
    private let current: CurrentVerifier
    private let cookie: SessionCookie
    /// `auth.secureCookies`: browsers come by https alone.
    private let isSecure: Bool
    private let login: LoginLink
    private let keys: APIKeyBook
    private let usedLinks = SharedUsedTokens()
    private let tickets = TicketBook()
    private let ended = EndedSessions()
    private let sessionLifetime: Milliseconds

    init(
        verifier: TokenVerifier, cookie: SessionCookie, isSecure: Bool, login: LoginLink, keys: APIKeyBook,
        sessionLifetime: Milliseconds
    ) {
        current = CurrentVerifier(verifier)
        self.cookie = cookie
        self.isSecure = isSecure
        self.login = login
        self.keys = keys
        self.sessionLifetime = sessionLifetime
    }

    /// Judges bearer tokens by `verifier` from now on, whatever was verified before; any thread. Sessions, tickets and
    /// open streams go on until they expire.
    func use(_ verifier: TokenVerifier) { current.use(verifier) }

    /// The credential of `request`.
    /// - Parameter verified: the loop's caches.
    /// - Throws: `unauthenticated`, `invalid_token`, `token_expired`, `cross_origin`.
    func credential(
        of request: Request, at now: Milliseconds, _ verified: inout VerifiedCredentials
    ) throws(Problem) -> Credential {
        if request.isLocalControl { return .localOperator }
        // What was put into the request for this purpose goes before what a browser adds by itself.
        if let token = try bearer(of: request.head) { return try credential(bearer: token, at: now, &verified) }
        if let ticket = try ticket(of: request) { return try redeem(ticket, at: now) }
        guard let session = try session(of: request.head, at: now, &verified.sessions) else { throw Self.missing }
        try requireSameOrigin(request)
        return .session(session)
    }

    /// Whether a credential that was good when the request began still is: a session may have been signed out and a key
    /// revoked since. Asked on the loop in the same turn as a stream is opened.
    /// - Throws: `invalid_token`, `token_expired`.
    func recheck(_ credential: Credential, at now: Milliseconds) throws(Problem) {
        if let expiry = credential.expiresAt, now >= expiry {
            throw Problem(.tokenExpired, "The credential has expired: a stream needs one that lasts.")
        }
        switch credential {
        case .session(let claims):
            if ended.contains(claims) { throw Self.signedOut }
        case .apiKey(let record):
            guard let known = keys[record.prefix]?.record, known.hash == record.hash, known.revokedAt == nil else {
                throw Problem(.invalidToken, APIKeyError.revoked.detail)
            }
        case .ticket(let origin): try recheck(origin, at: now)
        case .token, .localOperator: break
        }
    }

    // MARK: Bearer tokens and API keys

    private func credential(
        bearer token: ArraySlice<UInt8>, at now: Milliseconds, _ verified: inout VerifiedCredentials
    ) throws(Problem) -> Credential {
        guard APIKey.isLikely(token) else {
            let verifier = verified.verifier(current)
            do throws(TokenError) {
                return .token(try verified.bearers.verify(Array(token), by: verifier, now: now))
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

    // MARK: Tickets

    /// Makes a one-use ticket for the bearer of `credential`.
    /// - Throws: `forbidden`, `token_expired`, `rate_limited`, `capacity`.
    func ticket(
        for credential: Credential, at now: Milliseconds
    ) throws(Problem) -> (text: String, expiresAt: Milliseconds) {
        if case .localOperator = credential {
            throw Problem(.forbidden, "The control socket needs no ticket, and gives none.")
        }
        try recheck(credential, at: now)
        var random = SystemRandomNumberGenerator()
        do throws(TicketBook.Full) {
            return try tickets.issue(for: credential, now: now, using: &random)
        } catch {
            let wait = Int((error.retryAfter + 999) / 1000)
            throw error.isOwn
                ? Problem(
                    .rateLimited,
                    "\(TicketBook.maximumPerHolder) tickets are unused; use them, or wait until they expire.",
                    retryAfter: wait)
                : Problem(.capacity, "The server holds as many tickets as it may.", retryAfter: wait)
        }
    }

    /// The ticket in the query. It counts on the paths of streams alone, for any method of theirs: elsewhere a credential
    /// has no place in a URL.
    private func ticket(of request: Request) throws(Problem) -> String? {
        guard request.route.isStream, request.head.query != nil, let query = request.query() else { return nil }
        let given = query.values(of: "ticket")
        guard given.count <= 1 else { throw Self.unknownTicket }
        return given.first
    }

    private func redeem(_ ticket: String, at now: Milliseconds) throws(Problem) -> Credential {
        guard let credential = tickets.take(ticket, now: now) else { throw Self.unknownTicket }
        try recheck(credential, at: now)
        return .ticket(credential)
    }

    // MARK: Sessions

    private func session(
        of head: RequestHead, at now: Milliseconds, _ verified: inout VerifiedTokens
    ) throws(Problem) -> TokenClaims? {
        guard let field = head.first(.cookie) else { return nil }
        let claims: TokenClaims
        do throws(TokenError) {
            guard let value = try cookie.value(in: Array(field)) else { return nil }
            if let known = verified.claims(for: value, now: now) {
                claims = known
            } else {
                claims = try cookie.verify(value, now: now)
                verified.insert(value, claims: claims, now: now)
            }
        } catch {
            throw Self.problem(error)
        }
        if ended.contains(claims) { throw Self.signedOut }
        return claims
    }

    /// A request that changes state by cookie must come from our own page.
    /// - Throws: `cross_origin`.
    func requireSameOrigin(_ request: Request) throws(Problem) {
        switch request.head.method {
        case .get, .head, .options: return
        default: break
        }
        // Two fields of a kind are no browser's, and the first of them may be anybody's.
        let isOwn =
            request.head.values(of: .origin).count <= 1 && request.head.values(of: .secFetchSite).count <= 1
            && SameOrigin.check(
                origin: request.head.text(of: .origin), secFetchSite: request.head.text(of: .secFetchSite),
                host: request.head.authority ?? "", isSecure: isSecure)
        if !isOwn { throw Problem(.crossOrigin, "A request by cookie that changes something must be same-origin.") }
    }

    /// Opens a browser session for a bearer token, or for a one-time login link's token, which is used up.
    /// - Throws: also `cross_origin`, for a page of another origin: it might sign our user in as somebody else.
    func openSession(
        _ request: Request, at now: Milliseconds
    ) throws(Problem) -> (setCookie: String, claims: TokenClaims) {
        guard let token = try bearer(of: request.head) else { throw Self.missing }
        if request.head.contains(.origin) || request.head.contains(.secFetchSite) { try requireSameOrigin(request) }
        let claims: TokenClaims
        do throws(TokenError) {
            claims = try sessionClaims(of: Array(token), at: now)
        } catch {
            throw Self.problem(error)
        }
        var random = SystemRandomNumberGenerator()
        let opened = cookie.open(for: claims, now: now, using: &random)
        return (opened.setCookie, opened.session)
    }

    private func sessionClaims(of bytes: [UInt8], at now: Milliseconds) throws(TokenError) -> TokenClaims {
        do throws(TokenError) {
            return try current.value.verifier.verify(bytes, now: now)
        } catch {
            // A link is signed by a secret of this process alone.
            guard error == .badSignature || error == .wrongAudience else { throw error }
            // A link lives for minutes; the session it opens lasts as any other.
            var claims = try usedLinks.redeem(bytes, by: login, now: now)
            claims.expiresAt = now + sessionLifetime
            return claims
        }
    }

    /// Ends the session whose cookie `request` brings: copies of the cookie are worth nothing from now on.
    /// - Returns: what the session was, so that its streams can be closed; nil where there is none that counts.
    func endSession(_ request: Request, at now: Milliseconds) -> Credential? {
        var none = VerifiedTokens(capacity: 1)
        // A cookie that verifies no more has nothing left to end.
        guard let claims = try? session(of: request.head, at: now, &none) else { return nil }
        ended.end(claims, now: now)
        return .session(claims)
    }

    /// The `Set-Cookie` value that takes the cookie away.
    var clearedCookie: String { cookie.close }

    // MARK: Refusals

    private static let missing = Problem(
        .unauthenticated, "Send Authorization: Bearer with a token or an API key, or sign in.")
    private static let signedOut = Problem(.invalidToken, "The session was signed out.")
    /// One answer for all of these, so that nobody learns which tickets there were.
    private static let unknownTicket = Problem(
        .invalidToken, "The ticket is unknown, was used, or is older than \(TicketBook.lifetime / 1000) s.")

    private static func problem(_ error: TokenError) -> Problem {
        Problem(ProblemCode(rawValue: error.code) ?? .invalidToken, error.detail)
    }
}

/// The login links used up, shared by all loops.
private final class SharedUsedTokens: Sendable {
    private let used = Mutex(UsedTokenIDs())

    func redeem(_ token: [UInt8], by login: LoginLink, now: Milliseconds) throws(TokenError) -> TokenClaims {
        try used.withLock { (used) throws(TokenError) in try login.redeem(token, used: &used, now: now) }
    }
}
