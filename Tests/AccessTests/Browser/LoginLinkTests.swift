import Access
import Events
import Testing

struct LoginLinkTests {
    private let grants = WorkspaceGrants(named: [WorkspaceID(validated: "demo"): .admin])

    private func link() throws -> LoginLink { LoginLink(secret: try Forge.secret()) }

    private func token(_ link: LoginLink, seed: UInt64 = 1) -> [UInt8] {
        var random = SeededGenerator(seed: seed)
        return Array(
            link.token(for: UserID(validated: "ada"), name: "Ada", grants: grants, now: Forge.now, using: &random).utf8)
    }

    @Test func `a link signs in once`() throws {
        let link = try link()
        var used = UsedTokenIDs()

        let claims = try link.redeem(token(link), used: &used, now: Forge.now)

        #expect(claims.user == UserID("ada"))
        #expect(claims.grants == grants)
        #expect(throws: TokenError.alreadyUsed) { try link.redeem(token(link), used: &used, now: Forge.now) }
    }

    @Test func `a link counts for ten minutes and no longer`() throws {
        let link = try link()
        var used = UsedTokenIDs()

        #expect(throws: TokenError.expired) { try link.redeem(token(link), used: &used, now: Forge.now + 600_000) }
        #expect(try link.redeem(token(link), used: &used, now: Forge.now + 599_999).name == "Ada")
    }

    @Test func `other tokens are no links and a link is no other token`() throws {
        let link = try link()
        var used = UsedTokenIDs()

        #expect(throws: TokenError.wrongAudience) { try link.redeem(Forge.token(), used: &used, now: Forge.now) }
        #expect(Forge.error(token(link), by: try Forge.verifier()) == .wrongAudience)
        #expect(Forge.error(token(link), by: try Forge.verifier(.session)) == .wrongAudience)
        let withoutID = Forge.token(payload: Forge.payload(more: #","aud":"tideline:login""#))
        #expect(throws: TokenError.invalidClaim(.tokenID)) { try link.redeem(withoutID, used: &used, now: Forge.now) }
    }

    @Test func `a restart with a new secret ends all links`() throws {
        var random = SeededGenerator(seed: 9)
        var used = UsedTokenIDs()
        let before = LoginLink(secret: Secret(using: &random))
        let after = LoginLink(secret: Secret(using: &random))

        #expect(throws: TokenError.badSignature) { try after.redeem(token(before), used: &used, now: Forge.now) }
    }

    @Test func `a full set refuses rather than forgets`() {
        var used = UsedTokenIDs(capacity: 2)

        let answers = [
            used.use("a", until: 100, now: 0), used.use("b", until: 200, now: 0), used.use("c", until: 300, now: 99),
            used.use("a", until: 100, now: 99), used.use("c", until: 300, now: 100),
            used.use("b", until: 200, now: 100),
        ]

        #expect(answers == [true, true, false, false, true, false])
    }
}
