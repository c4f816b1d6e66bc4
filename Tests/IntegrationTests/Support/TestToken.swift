import Foundation

/// Makes bearer tokens, good and bad ones, independently of the code under test.
struct TestToken: Sendable {
    /// Claims beside the payload's usual ones; a test may set or remove any.
    var header: [String: TestJSON] = ["alg": "HS256", "typ": "JWT"]
    var claims: [String: TestJSON]

    init(user: String, workspaces: [String: String], name: String? = nil, ttl: Duration = .seconds(3_600)) {
        let now = Int64(Date().timeIntervalSince1970)
        claims = [
            "sub": .string(user), "workspaces": .object(workspaces.mapValues(TestJSON.string)), "iat": .integer(now),
            "exp": .integer(now + ttl.components.seconds), "jti": .string(UUID().uuidString),
        ]
        if let name { claims["name"] = .string(name) }
    }

    /// `header.claims.signature`, signed by HMAC-SHA-256.
    func signed(with secret: String) -> String {
        let content =
            Self.encoded(Array(TestJSON.object(header).text.utf8)) + "."
            + Self.encoded(Array(TestJSON.object(claims).text.utf8))
        return content + "." + Self.encoded(SHA256.authenticate(Array(content.utf8), key: Array(secret.utf8)))
    }

    /// base64url without padding.
    static func encoded(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
