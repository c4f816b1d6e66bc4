import Access

/// The rules that single keys have beyond their kind.
extension ConfigurationKey.Rule {
    static let listenAddress = Self(
        expectation: "addresses HOST:PORT or unix:PATH, such as \"127.0.0.1:8080\", \"[::1]:8080\" or \"0.0.0.0:0\"",
        holds: isListenAddress)

    static let hostName = Self(
        expectation: "host names as they stand in Host, such as \"tideline.example.org\" or \"localhost:8080\"",
        holds: AllowedHosts.isName)

    static let origin = Self(
        expectation:
            "origins as browsers send them, such as \"https://app.example.org\" (no path, neither \"*\" nor \"null\")",
        holds: { AllowedOrigins.canonical($0) != nil })

    static let keyFile = Self(
        expectation:
            "KID=ALG:PATH with ALG RS256, PS256, ES256 or EdDSA, such as \"2026a=RS256:/etc/tideline/2026a.pem\"",
        holds: { KeyFile($0) != nil })

    static let storageURL = Self(
        expectation: "\"sqlite:PATH\", or nothing for tideline.db in the data directory",
        holds: { $0.hasPrefix("sqlite:") && $0.utf8.count > 7 })

    /// Only the empty text passes.
    static let nothing = Self(expectation: "nothing: this version runs as one process", holds: { _ in false })

    static let notEmpty = Self(expectation: "the path of a directory", allowsEmpty: false, holds: { !$0.isEmpty })

    static let secret = Self(
        expectation: "at least \(Secret.minimumBytes) bytes, such as `openssl rand -base64 32` prints",
        holds: { $0.utf8.count >= Secret.minimumBytes })

    static let audience = Self(
        expectation:
            "a text that does not begin with \"\(TokenPurpose.reservedPrefix)\", which Tideline keeps for itself",
        holds: { !$0.hasPrefix(TokenPurpose.reservedPrefix) })

    static let bearerToken = Self(
        expectation: "at least 16 visible characters without spaces",
        holds: { $0.utf8.count >= 16 && $0.utf8.allSatisfy { (0x21...0x7E).contains($0) } })

    /// Looks at the form only; whether the host exists shows when it is bound.
    private static func isListenAddress(_ text: String) -> Bool {
        if text.hasPrefix("unix:") { return text.utf8.count > 5 }
        guard let colon = text.lastIndex(of: ":") else { return false }
        let host = text[..<colon]
        let port = text[text.index(after: colon)...]
        guard !port.isEmpty, port.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            UInt16(port) != nil, !host.isEmpty
        else { return false }
        if host.hasPrefix("[") { return host.hasSuffix("]") && host.contains(":") }
        return !host.contains { $0 == ":" || $0 == "/" || $0 == " " }
    }
}
