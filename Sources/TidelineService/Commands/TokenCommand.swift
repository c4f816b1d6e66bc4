import Access
import Events
import Telemetry

/// `tideline token`: signs a token where the server's secret is; no server is asked.
enum TokenCommand {
    static func run(_ options: TokenOptions, _ context: CommandContext) throws(CommandFailure) -> Int32 {
        let configuration = try context.configuration(options.configuration)
        let jwt = configuration.auth.jwt
        let issuer = TokenIssuer(
            secret: try secret(configuration),
            purpose: .bearer(audience: jwt.audience.isEmpty ? nil : jwt.audience),
            issuer: jwt.issuer.isEmpty ? nil : jwt.issuer)
        var random = SystemRandomNumberGenerator()
        let now = WallClock.milliseconds()
        let claims = TokenClaims(
            user: options.user, name: options.name, grants: options.grants, issuedAt: now,
            expiresAt: now + options.lifetime.milliseconds, tokenID: EventID.make(now: now, using: &random).text)
        try context.console.write(line: issuer.token(for: claims))
        return 0
    }

    /// The configured secret, else the one in the data directory, which is made where there is none: `serve` will use it.
    private static func secret(_ configuration: ServiceConfiguration) throws(CommandFailure) -> Secret {
        let configured = configuration.auth.jwt.secret
        var random = SystemRandomNumberGenerator()
        do throws(SecretError) {
            guard configured.isEmpty else { return try Secret(configured) }
            return try load(configuration.storage, &random)
        } catch {
            throw CommandFailure(error.description)
        }
    }

    private static func load(
        _ storage: ServiceConfiguration.Storage, _ random: inout SystemRandomNumberGenerator
    ) throws(SecretError) -> Secret {
        if let code = PlainFile.makeDirectory(storage.directory) {
            throw .unavailable(path: storage.directory, action: "create", errno: code)
        }
        return try SecretFile.loadOrCreate(at: storage.secretPath, using: &random)
    }
}
