import Access
import Events
import Testing

struct EndedSessionsTests {
    private static func session(
        _ id: String, of user: String = "ada", in workspace: String = "acme", issued: Milliseconds = Forge.now,
        lasts: Milliseconds = 3_600_000
    ) -> TokenClaims {
        TokenClaims(
            user: UserID(validated: user), grants: WorkspaceGrants(named: [WorkspaceID(validated: workspace): .member]),
            issuedAt: issued, expiresAt: issued + lasts, tokenID: id)
    }

    @Test func `an ended session counts no more, others do`() {
        let ended = EndedSessions()

        ended.end(Self.session("a"), now: Forge.now)

        #expect(ended.contains(Self.session("a")))
        #expect(!ended.contains(Self.session("b")) && !ended.contains(Self.session("a", of: "bo")))
    }

    /// Signing in and out at will must not bring back what somebody else has ended.
    @Test func `no number of sign-outs of others revives a session`() {
        let ended = EndedSessions(capacity: 10)
        ended.end(Self.session("ada's", lasts: 60_000), now: Forge.now)

        for number in 0..<2_000 {
            ended.end(Self.session("\(number)", of: "mallory", in: "beta"), now: Forge.now)
            ended.end(Self.session("\(number)", of: "mallory-\(number % 40)", in: "beta"), now: Forge.now)
        }

        #expect(ended.contains(Self.session("ada's", lasts: 60_000)))
    }

    @Test func `a user with many sign-outs needs a newer token, nobody else does`() {
        let ended = EndedSessions()

        for number in 0...EndedSessions.maximumPerUser {
            ended.end(Self.session("\(number)", issued: Forge.now + 1000), now: Forge.now + 2000)
        }

        #expect(ended.contains(Self.session("0", issued: Forge.now + 1000)))
        #expect(ended.contains(Self.session("another", issued: Forge.now)))
        #expect(!ended.contains(Self.session("another", in: "beta", issued: Forge.now)))
        #expect(!ended.contains(Self.session("new", issued: Forge.now + 2000)))
    }

    /// The verifier's leeway would let the cookie in for another minute.
    @Test func `a session stays ended through the leeway, and is forgotten after it`() {
        let ended = EndedSessions()
        let session = Self.session("a", lasts: 1_000)
        ended.end(session, now: Forge.now)

        ended.end(Self.session("b"), now: Forge.now + 60_999)
        #expect(ended.contains(session))

        ended.end(Self.session("c"), now: Forge.now + 181_000)
        #expect(ended.contains(session), "its owner's other sessions keep the entry")
        #expect(!ended.contains(Self.session("a", of: "bo", lasts: 1_000)))
    }
}
