import Access
import Events
import Telemetry
import Testing

@testable import TidelineService

struct TokenCommandTests {
    private let console = CapturedConsole()
    private let directory: ScratchDirectory

    init() throws { directory = try ScratchDirectory() }

    private func run(_ words: [String], environment: [String: String] = [:]) -> Int32 {
        CommandRunner.run(
            ["token", "--data", directory.path + "/data"] + words, environment: environment, console: console.console())
    }

    private func verify(_ secret: Secret, audience: String? = nil, issuer: String? = nil) throws -> TokenClaims {
        let verifier = TokenVerifier(
            keys: [VerificationKey(hs256: secret)], purpose: .bearer(audience: audience), issuer: issuer)
        return try verifier.verify(Array(try #require(console.outputLines.first).utf8), now: WallClock.milliseconds())
    }

    @Test func `a token of the installation's own secret is good`() throws {
        let status = run([
            "--user", "ada", "--name", "Ada", "--workspace", "acme=admin", "--workspace", "*=member", "--ttl", "2h",
        ])

        let secret = try #require(try SecretFile.load(at: directory.path + "/data/secret"))
        let claims = try verify(secret)
        #expect(status == 0)
        #expect(console.outputLines.count == 1)
        #expect(claims.user.text == "ada" && claims.name == "Ada")
        #expect(claims.grants.everywhere == .member)
        #expect(claims.grants.named == [try #require(WorkspaceID("acme")): .admin])
        #expect(claims.expiresAt - (claims.issuedAt ?? 0) == 7_200_000)
        #expect(claims.tokenID != nil)
    }

    @Test func `configured secret, audience and issuer are used`() throws {
        let secret = "0123456789abcdef0123456789abcdef"
        let environment = [
            "TIDELINE_AUTH_JWT_SECRET": secret, "TIDELINE_AUTH_JWT_AUDIENCE": "tide", "TIDELINE_AUTH_JWT_ISSUER": "me",
        ]

        let status = run(["--user", "ada", "--workspace", "acme"], environment: environment)

        #expect(status == 0)
        #expect(try verify(try Secret(secret), audience: "tide", issuer: "me").user.text == "ada")
        #expect(try SecretFile.load(at: directory.path + "/data/secret") == nil)
    }
}
