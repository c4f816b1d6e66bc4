import Access
import Events
import Testing

struct SessionCookieTests {
    private let claims = TokenClaims(
        user: UserID(validated: "ada"), name: "Ada",
        grants: WorkspaceGrants(named: [WorkspaceID(validated: "acme"): .member]), issuedAt: Forge.now - 3_600_000,
        expiresAt: Forge.now + 3_600_000, tokenID: "j")

    private func cookie(isSecure: Bool = false) throws -> SessionCookie {
        SessionCookie(secret: try Forge.secret(), isSecure: isSecure)
    }

    /// The `name=value` of a `Set-Cookie` value, as a browser would send it back.
    private func pair(_ setCookie: String) -> String { String(setCookie.prefix { $0 != ";" }) }

    @Test func `a session is what its token was, until the same time`() throws {
        var random = SeededGenerator(seed: 1)
        let cookie = try cookie()

        let (header, session) = cookie.open(for: claims, now: Forge.now, using: &random)
        let read = try cookie.session(in: Array(pair(header).utf8), now: Forge.now)

        var expected = claims
        expected.tokenID = session.tokenID
        #expect(session.tokenID?.utf8.count == 26 && session.tokenID != claims.tokenID)
        #expect(session == expected)
        #expect(read == expected)
        #expect(header.hasPrefix("tideline_session="))
        #expect(header.hasSuffix("; Path=/; Max-Age=3600; HttpOnly; SameSite=Strict"))
    }

    @Test func `under TLS the cookie is bound to the host`() throws {
        var random = SeededGenerator(seed: 1)
        let (header, _) = try cookie(isSecure: true).open(for: claims, now: Forge.now, using: &random)

        #expect(header.hasPrefix("__Host-tideline_session="))
        #expect(header.hasSuffix("; Path=/; Max-Age=3600; HttpOnly; SameSite=Strict; Secure"))
        #expect(!header.contains("Domain"))
    }

    @Test func `a session ends before a long-lived token does`() throws {
        var random = SeededGenerator(seed: 1)
        let cookie = SessionCookie(secret: try Forge.secret(), isSecure: false, maximumAge: 60_000)

        let (header, session) = cookie.open(for: claims, now: Forge.now, using: &random)

        #expect(session.expiresAt == Forge.now + 60_000)
        #expect(header.contains("Max-Age=60;"))
    }

    @Test func `a session keeps the iat by which removals are judged`() throws {
        var random = SeededGenerator(seed: 1)
        let (_, session) = try cookie().open(for: claims, now: Forge.now, using: &random)
        let workspace = WorkspaceIdentity(
            key: WorkspaceKey(1), id: WorkspaceID(validated: "w1"), slug: WorkspaceID(validated: "acme"))

        let decision = Credential.session(session).decision(in: workspace, removedAt: Forge.now - 1000)

        #expect(decision == .denied(.removed))
    }

    @Test func `a bearer token is no session and a session no bearer token`() throws {
        var random = SeededGenerator(seed: 1)
        let cookie = try cookie()
        let (header, _) = cookie.open(for: claims, now: Forge.now, using: &random)
        let value = Array(pair(header).utf8.dropFirst("tideline_session=".utf8.count))

        #expect(throws: TokenError.wrongAudience) {
            try cookie.session(in: Array("tideline_session=".utf8) + Forge.token(), now: Forge.now)
        }
        #expect(Forge.error(value, by: try Forge.verifier()) == .wrongAudience)
    }

    @Test func `signing out empties the cookie`() throws {
        #expect(try cookie().close == "tideline_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict")
    }

    @Test(arguments: [
        ("tideline_session=v", "v"), ("a=b; tideline_session=v; c=d", "v"), ("a=b;tideline_session=v", "v"),
        (" tideline_session=v \t", "v"), ("x; tideline_session=v", "v"), ("tideline_session=", ""),
        ("tideline_session=\"v\"", "\"v\""),
    ])
    func `our cookie is found among others`(field: String, value: String) throws {
        #expect(try cookie().value(in: Array(field.utf8)) == Array(value.utf8))
    }

    @Test(arguments: [
        "", "a=b", "tideline_session", "Tideline_session=v", "tideline_session2=v", "xtideline_session=v",
        "__Host-tideline_session=v", "tideline_session =v", ";;;", "a=tideline_session=v",
    ])
    func `other cookies are not ours`(field: String) throws {
        #expect(try cookie().value(in: Array(field.utf8)) == nil)
    }

    @Test func `two of our cookies are none`() throws {
        let field = Array("tideline_session=a; tideline_session=b".utf8)

        #expect(throws: TokenError.malformed) { try cookie().value(in: field) }
    }
}
