import Access
import Events
import Testing

@testable import TidelineService

/// A reload takes another verifier into force while the loops hold tokens that the old one verified.
struct CurrentVerifierTests {
    private static let now: Milliseconds = 1_765_000_000_000
    private static let secrets = ["old-old-old-old-old-old-old-old-old", "new-new-new-new-new-new-new-new-new"]

    private func verifier(_ secret: String) throws -> TokenVerifier {
        TokenVerifier(keys: [VerificationKey(hs256: try Secret(secret))], purpose: .bearer(audience: nil))
    }

    private func token(_ secret: String) throws -> [UInt8] {
        let claims = TokenClaims(
            user: UserID(validated: "ada"), grants: WorkspaceGrants(), issuedAt: Self.now,
            expiresAt: Self.now + 600_000)
        return Array(TokenIssuer(secret: try Secret(secret)).token(for: claims).utf8)
    }

    @Test func `what the old verifier took, every loop judges by the new one`() throws {
        let current = CurrentVerifier(try verifier(Self.secrets[0]))
        let token = try token(Self.secrets[0])
        var loops = [VerifiedCredentials(), VerifiedCredentials()]
        func judge(_ loop: Int, _ token: [UInt8]) -> Bool {
            let verifier = loops[loop].verifier(current)
            return (try? loops[loop].bearers.verify(token, by: verifier, now: Self.now)) != nil
        }

        let before = [judge(0, token), judge(1, token), judge(0, token)]
        current.use(try verifier(Self.secrets[1]))
        let after = [judge(0, token), judge(1, token)]
        let fresh = try self.token(Self.secrets[1])

        #expect(before == [true, true, true] && after == [false, false])
        #expect(judge(0, fresh) && judge(1, fresh))
    }

    @Test func `without a change, a verified token is answered from memory`() throws {
        let current = CurrentVerifier(try verifier(Self.secrets[0]))
        var loop = VerifiedCredentials()

        _ = try loop.bearers.verify(token(Self.secrets[0]), by: loop.verifier(current), now: Self.now)
        _ = loop.verifier(current)

        #expect(loop.bearers.count == 1)
    }
}
