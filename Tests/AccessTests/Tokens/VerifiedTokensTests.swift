import Access
import Events
import Testing

struct VerifiedTokensTests {
    private func claims(_ user: String, expiresAt: Milliseconds = 10_000) -> TokenClaims {
        TokenClaims(user: UserID(validated: user), grants: WorkspaceGrants(), issuedAt: 0, expiresAt: expiresAt)
    }

    @Test func `a token is verified once`() throws {
        var tokens = VerifiedTokens(capacity: 2)
        let token = Forge.token()

        let first = try tokens.verify(token, by: try Forge.verifier(), now: Forge.now)
        // A verifier without keys would refuse it.
        let again = try tokens.verify(
            token, by: TokenVerifier(keys: [], purpose: .session), now: Forge.now)

        #expect(first == again)
        #expect(tokens.count == 1)
    }

    @Test func `a refused token is not kept`() throws {
        var tokens = VerifiedTokens(capacity: 2)

        #expect(throws: TokenError.badSignature) {
            try tokens.verify(
                Forge.token(secret: "another-another-another-another-"), by: try Forge.verifier(), now: Forge.now)
        }
        #expect(tokens.count == 0)
    }

    @Test func `from exp on the verifier decides again`() throws {
        var tokens = VerifiedTokens(capacity: 2)
        tokens.insert([1], claims: claims("a"), now: 0)

        #expect(tokens.claims(for: [1], now: 9_999) != nil)
        #expect(tokens.claims(for: [1], now: 10_000) == nil)
        let late = Forge.token(payload: Forge.payload(exp: "\(Forge.nowSeconds)"))
        #expect(try tokens.verify(late, by: try Forge.verifier(), now: Forge.now + 59_000).user.text == "ada")
        #expect(throws: TokenError.expired) {
            try tokens.verify(late, by: try Forge.verifier(), now: Forge.now + 60_000)
        }
    }

    @Test func `a token in use outlives those that came once`() {
        var tokens = VerifiedTokens(capacity: 3)
        tokens.insert([0], claims: claims("used"), now: 0)

        for token in 1..<100 as Range<UInt8> {
            #expect(tokens.claims(for: [0], now: 0) != nil)
            tokens.insert([token], claims: claims("once"), now: 0)
            #expect(tokens.count <= 3)
        }

        #expect(tokens.claims(for: [0], now: 0)?.user.text == "used")
        #expect(tokens.claims(for: [1], now: 0) == nil)
    }

    @Test func `long tokens are not kept`() {
        var tokens = VerifiedTokens(capacity: 3)
        let limit = VerifiedTokens.maximumTokenBytes

        tokens.insert([UInt8](repeating: 1, count: limit), claims: claims("a"), now: 0)
        tokens.insert([UInt8](repeating: 1, count: limit + 1), claims: claims("b"), now: 0)

        #expect(tokens.count == 1)
    }

    @Test func `clearing forgets all`() {
        var tokens = VerifiedTokens(capacity: 3)
        tokens.insert([1], claims: claims("a"), now: 0)

        tokens.removeAll()

        #expect(tokens.claims(for: [1], now: 0) == nil)
        #expect(tokens.count == 0)
    }

    @Test func `it answers as an unbounded dictionary would, or not at all`() {
        var random = SeededGenerator(seed: 3)
        var tokens = VerifiedTokens(capacity: 8)
        var oracle: [UInt8: TokenClaims] = [:]

        for step in 0..<20_000 {
            let now = Milliseconds(step)
            let token = UInt8(random.next() % 24)
            if random.next() % 2 == 0 {
                let claims = claims("u\(random.next() % 1000)", expiresAt: now + Milliseconds(random.next() % 9000))
                tokens.insert([token], claims: claims, now: now)
                if now < claims.expiresAt { oracle[token] = claims }
            } else if let found = tokens.claims(for: [token], now: now) {
                #expect(found == oracle[token])
                #expect(now < found.expiresAt)
            }
            #expect(tokens.count <= 8)
        }
    }
}
