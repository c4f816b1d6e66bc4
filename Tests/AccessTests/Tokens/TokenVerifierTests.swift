import Access
import Events
import Testing

struct TokenVerifierTests {
    private let acme = WorkspaceID(validated: "acme")

    @Test func `the claims of a good token are read`() throws {
        let payload =
            #"{"sub":"ada","name":"Ada \u00e9","workspaces":{"acme":"member","lab":"admin","*":"ingest"},"#
            + #""iat":\#(Forge.nowSeconds - 5),"exp":\#(Forge.nowSeconds + 5),"jti":"j","other":[1,{"a":null}]}"#

        let claims = try Forge.verifier().verify(Forge.token(payload: payload), now: Forge.now)

        #expect(
            claims
                == TokenClaims(
                    user: UserID(validated: "ada"), name: "Ada é",
                    grants: WorkspaceGrants(
                        named: [acme: .member, WorkspaceID(validated: "lab"): .admin], everywhere: .ingest),
                    issuedAt: Forge.now - 5000, expiresAt: Forge.now + 5000, tokenID: "j"))
    }

    @Test func `the example of RFC 7515, appendix A1, is verified with its own key`() throws {
        let key = try #require(
            Base64URL.decode(
                "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow".utf8))
        let token =
            "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
            + "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
            + "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
        let verifier = TokenVerifier(
            keys: [VerificationKey(hs256: try Secret(bytes: key))], purpose: .bearer(audience: nil))

        let error = Forge.error(Array(token.utf8), by: verifier, now: 1_300_819_000_000)

        // The signature holds; the example names nobody.
        #expect(error == .invalidClaim(.subject))
    }

    @Test(
        arguments: [(59_999, nil), (60_000, .expired), (61_000, .expired), (-600_000, nil)]
            as [(Milliseconds, TokenError?)])
    func `a token counts until a minute after exp`(late: Milliseconds, expected: TokenError?) throws {
        let token = Forge.token(payload: Forge.payload(exp: "\(Forge.nowSeconds)"))

        let error = Forge.error(token, by: try Forge.verifier(), now: Forge.now + late)

        // Ten minutes early is also before iat.
        #expect(error == (late < -60_000 ? .notYetValid : expected))
    }

    @Test(arguments: [("nbf", 60, nil), ("nbf", 61, .notYetValid)] as [(String, Int64, TokenError?)])
    func `a token counts from a minute before nbf`(claim: String, ahead: Int64, expected: TokenError?) throws {
        let token = Forge.token(payload: Forge.payload(more: #","\#(claim)":\#(Forge.nowSeconds + ahead)"#))

        #expect(Forge.error(token, by: try Forge.verifier()) == expected)
    }

    @Test(arguments: [(60, nil), (61, .notYetValid)] as [(Int64, TokenError?)])
    func `a token issued in the future would outlive removals and is refused`(ahead: Int64, expected: TokenError?)
        throws
    {
        let payload = #"{"sub":"ada","iat":\#(Forge.nowSeconds + ahead),"exp":\#(Forge.nowSeconds + 600)}"#

        #expect(Forge.error(Forge.token(payload: payload), by: try Forge.verifier()) == expected)
    }

    @Test(arguments: [
        (#","aud":"tide""#, nil), (#","aud":["x","tide"]"#, nil), (#","aud":"x""#, TokenError.wrongAudience),
        (#","aud":[]"#, .wrongAudience), ("", .wrongAudience), (#","aud":"tide ""#, .wrongAudience),
        (#","aud":5"#, .invalidClaim(.audience)), (#","aud":["tide",5]"#, .invalidClaim(.audience)),
    ])
    func `an audience is asked for where one is configured`(more: String, expected: TokenError?) throws {
        let token = Forge.token(payload: Forge.payload(more: more))

        #expect(Forge.error(token, by: try Forge.verifier(.bearer(audience: "tide"))) == expected)
    }

    @Test(arguments: [
        (#","iss":"https://id.example""#, nil), (#","iss":"https://id.example/""#, TokenError.wrongIssuer),
        ("", .wrongIssuer), (#","iss":null"#, .invalidClaim(.issuer)),
    ])
    func `an issuer is asked for where one is configured`(more: String, expected: TokenError?) throws {
        let token = Forge.token(payload: Forge.payload(more: more))

        #expect(Forge.error(token, by: try Forge.verifier(issuer: "https://id.example")) == expected)
    }

    @Test(arguments: [
        ("k1", #","kid":"k1""#, nil), ("k1", #","kid":"k2""#, TokenError.unknownKey), ("k1", "", nil),
        (nil, #","kid":"k2""#, nil), ("k1", #","kid":1"#, .malformed),
    ])
    func `a token that names a key is judged by no other`(id: String?, more: String, expected: TokenError?) throws {
        let token = Forge.token(header: #"{"alg":"HS256"\#(more)}"#)

        #expect(Forge.error(token, by: try Forge.verifier(keyID: id)) == expected)
    }

    @Test func `two keys count while one replaces the other, and a token must say which it means`() throws {
        let old = "old-old-old-old-old-old-old-old-old"
        let keys = [
            VerificationKey(hs256: try Forge.secret(), id: "new"),
            VerificationKey(hs256: try Forge.secret(old), id: "old"),
        ]
        let verifier = TokenVerifier(keys: keys, purpose: .bearer(audience: nil))
        func error(_ kid: String?, _ secret: String) -> TokenError? {
            let header = kid.map { #"{"alg":"HS256","kid":"\#($0)"}"# } ?? #"{"alg":"HS256"}"#
            return Forge.error(Forge.token(header: header, secret: secret), by: verifier)
        }

        #expect(error("new", Forge.secretText) == nil && error("old", old) == nil)
        #expect(error("old", Forge.secretText) == .badSignature && error("new", old) == .badSignature)
        #expect(error(nil, Forge.secretText) == .keyNotNamed && error(nil, old) == .keyNotNamed)
        #expect(error("other", old) == .unknownKey)
    }

    @Test(arguments: [
        (#""workspaces":[]"#, TokenError.Claim.workspaces), (#""workspaces":{"acme":"owner"}"#, .workspaces),
        (#""workspaces":{"acme":null}"#, .workspaces), (#""workspaces":{"a/b":"member"}"#, .workspaces),
        (#""workspaces":{"":"member"}"#, .workspaces), (#""workspaces":{"**":"member"}"#, .workspaces),
        (#""name":5"#, .name), (#""jti":{}"#, .tokenID), (#""nbf":"1""#, .notBefore), (#""iat":1.5"#, .issuedAt),
    ])
    func `a claim of the wrong kind refuses the token`(claim: String, expected: TokenError.Claim) throws {
        let payload = #"{"sub":"ada","exp":\#(Forge.nowSeconds + 60),\#(claim)}"#

        #expect(Forge.error(Forge.token(payload: payload), by: try Forge.verifier()) == .invalidClaim(expected))
    }

    @Test(arguments: [#""a b""#, #""""#, "7", "null", #""ada\n""#, "\"\(String(repeating: "a", count: 65))\""])
    func `sub must be a user id`(sub: String) throws {
        let token = Forge.token(payload: #"{"sub":\#(sub),"exp":\#(Forge.nowSeconds + 60)}"#)

        #expect(Forge.error(token, by: try Forge.verifier()) == .invalidClaim(.subject))
    }

    @Test func `errors map to the codes that clients see`() {
        #expect(TokenError.expired.code == "token_expired")
        #expect(TokenError.badSignature.code == "invalid_token")
        #expect(TokenError.wrongAudience.code == "invalid_token")
    }
}
