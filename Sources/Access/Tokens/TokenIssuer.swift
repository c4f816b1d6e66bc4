import Events

/// Makes the tokens that a ``TokenVerifier`` of the same secret and purpose takes: for `tideline token`, sessions and
/// tests.
package struct TokenIssuer: Sendable {
    /// {"alg":"HS256","typ":"JWT"}
    private static let header = Base64URL.encode(#"{"alg":"HS256","typ":"JWT"}"#.utf8)

    private let secret: Secret
    private let purpose: TokenPurpose
    private let issuer: String?

    package init(secret: Secret, purpose: TokenPurpose = .bearer(audience: nil), issuer: String? = nil) {
        self.secret = secret
        self.purpose = purpose
        self.issuer = issuer
    }

    /// The signed token; equal claims give equal text.
    package func token(for claims: TokenClaims) -> String {
        let input = Self.header + [UInt8(ascii: ".")] + Base64URL.encode(payload(of: claims))
        let signature = OpenSSLDigest.hmacSHA256(key: secret.bytes, message: input[...])
        return String(decoding: input + [UInt8(ascii: ".")] + Base64URL.encode(signature), as: UTF8.self)
    }

    private func payload(of claims: TokenClaims) -> [UInt8] {
        var members = [member("sub", text: claims.user.text)]
        if let name = claims.name { members.append(member("name", text: name)) }
        members.append(#""workspaces":{"# + grants(of: claims) + "}")
        if let issuedAt = claims.issuedAt { members.append(#""iat":\#(issuedAt / 1000)"#) }
        members.append(#""exp":\#(claims.expiresAt / 1000)"#)
        if let tokenID = claims.tokenID { members.append(member("jti", text: tokenID)) }
        if let audience = purpose.audience { members.append(member("aud", text: audience)) }
        if let issuer { members.append(member("iss", text: issuer)) }
        return Array(("{" + members.joined(separator: ",") + "}").utf8)
    }

    private func grants(of claims: TokenClaims) -> String {
        var grants = claims.grants.named.sorted { $0.key.text < $1.key.text }.map { ($0.key.text, $0.value) }
        if let everywhere = claims.grants.everywhere { grants.insert(("*", everywhere), at: 0) }
        return grants.map { member($0.0, text: $0.1.rawValue) }.joined(separator: ",")
    }

    private func member(_ name: String, text: String) -> String { #""\#(name)":"\#(Self.escape(text))""# }

    /// RFC 8259 §7: quotation mark, backslash and controls must be escaped, all else may stand.
    private static func escape(_ text: String) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\":
                escaped.append("\\")
                escaped.append(scalar)
            case "\u{0}"..<"\u{20}":
                let digits = String(scalar.value, radix: 16)
                escaped.append(
                    contentsOf: ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).unicodeScalars)
            default:
                escaped.append(scalar)
            }
        }
        return String(escaped)
    }
}
