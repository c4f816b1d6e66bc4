import Access
import Events
import Testing

struct TokenIssuerTests {
    private let claims = TokenClaims(
        user: UserID(validated: "ada"), name: "A \"quoted\" \\ name\n\u{1}é😀",
        grants: WorkspaceGrants(
            named: [WorkspaceID(validated: "b"): .admin, WorkspaceID(validated: "a"): .member], everywhere: .ingest),
        issuedAt: Forge.now, expiresAt: Forge.now + 60_000, tokenID: "j\"1")

    @Test(arguments: [
        TokenPurpose.bearer(audience: nil), .bearer(audience: "a\"ud"), .session, .login,
    ])
    func `what is issued is verified with the same claims`(purpose: TokenPurpose) throws {
        let issuer = TokenIssuer(secret: try Forge.secret(), purpose: purpose, issuer: "me")

        let token = issuer.token(for: claims)

        #expect(try Forge.verifier(purpose, issuer: "me").verify(Array(token.utf8), now: Forge.now) == claims)
        #expect(issuer.token(for: claims) == token)
    }

    @Test func `a token of one purpose is worthless for another`() throws {
        let purposes: [TokenPurpose] = [.bearer(audience: nil), .bearer(audience: "tide"), .session, .login]

        for made in purposes {
            let token = Array(TokenIssuer(secret: try Forge.secret(), purpose: made).token(for: claims).utf8)
            for asked in purposes {
                let error = Forge.error(token, by: try Forge.verifier(asked))
                // A verifier without an audience takes any that is not reserved.
                let fits = made == asked || (made == .bearer(audience: "tide") && asked == .bearer(audience: nil))
                #expect(error == (fits ? nil : .wrongAudience))
            }
        }
    }

    @Test(arguments: [#","aud":["tide","tideline:session"]"#, #","aud":["tideline:session","x"]"#])
    func `a reserved audience beside another fits nowhere`(more: String) throws {
        let token = Forge.token(payload: Forge.payload(more: more))

        #expect(Forge.error(token, by: try Forge.verifier(.bearer(audience: "tide"))) == .wrongAudience)
        #expect(Forge.error(token, by: try Forge.verifier(.session)) == .wrongAudience)
    }

    @Test func `times are whole seconds`() throws {
        let claims = TokenClaims(
            user: UserID(validated: "a"), grants: WorkspaceGrants(), issuedAt: 1_999, expiresAt: 3_999)

        #expect(claims.issuedAt == 1_000)
        #expect(claims.expiresAt == 3_000)
    }
}
