import Access

/// The secret that this installation signs tokens with.
enum SigningSecret {
    /// The configured one, else the one in the data directory; both are made where they are missing, and `serve` will use
    /// what a command has made.
    static func load(_ configuration: ServiceConfiguration) throws(SecretError) -> Secret {
        let configured = configuration.auth.jwt.secret
        guard configured.isEmpty else { return try Secret(configured) }
        let storage = configuration.storage
        if let code = PlainFile.makeDirectory(storage.directory) {
            throw .unavailable(path: storage.directory, action: "create", errno: code)
        }
        var random = SystemRandomNumberGenerator()
        return try SecretFile.loadOrCreate(at: storage.secretPath, using: &random)
    }
}

extension TokenIssuer {
    /// Makes bearer tokens that a server of this configuration takes.
    init(_ configuration: ServiceConfiguration) throws(SecretError) {
        let jwt = configuration.auth.jwt
        self.init(
            secret: try SigningSecret.load(configuration),
            purpose: .bearer(audience: jwt.audience.isEmpty ? nil : jwt.audience),
            issuer: jwt.issuer.isEmpty ? nil : jwt.issuer)
    }
}
