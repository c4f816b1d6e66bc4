import Access
import Events
import Telemetry

/// `tideline token`: signs a token where the server's secret is; no server is asked.
enum TokenCommand {
    static func run(_ options: TokenOptions, _ context: CommandContext) throws(CommandFailure) -> Int32 {
        let issuer = try issuer(try context.configuration(options.configuration))
        var random = SystemRandomNumberGenerator()
        let now = WallClock.milliseconds()
        let claims = TokenClaims(
            user: options.user, name: options.name, grants: options.grants, issuedAt: now,
            expiresAt: now + options.lifetime.milliseconds, tokenID: EventID.make(now: now, using: &random).text)
        try context.console.write(line: issuer.token(for: claims))
        return 0
    }

    private static func issuer(_ configuration: ServiceConfiguration) throws(CommandFailure) -> TokenIssuer {
        do throws(SecretError) {
            return try TokenIssuer(configuration)
        } catch {
            throw CommandFailure(error.description)
        }
    }
}
