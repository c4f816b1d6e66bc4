import Events

/// The claims of a token whose signature holds: ``TokenClaims``, and those that only the verifier looks at.
struct TokenPayload {
    /// 9999-12-31T23:59:59Z: a later time is a mistake (milliseconds for seconds) or an attempt to overflow.
    private static let latestSecond: Int64 = 253_402_300_799

    let claims: TokenClaims
    let notBefore: Milliseconds?
    let issuer: String?
    /// `aud`, one or several (RFC 7519 §4.1.3).
    let audiences: [String]

    /// Reads the decoded second segment.
    init(_ bytes: [UInt8]) throws(TokenError) {
        let root = try TokenJSON.object(bytes)
        guard let user = root["sub"]?.string.flatMap({ UserID($0) }) else { throw .invalidClaim(.subject) }
        guard let expiresAt = try Self.time(.expiry, in: root) else { throw .invalidClaim(.expiry) }
        claims = TokenClaims(
            user: user, name: try Self.text(.name, in: root), grants: try Self.grants(in: root),
            issuedAt: try Self.time(.issuedAt, in: root), expiresAt: expiresAt,
            tokenID: try Self.text(.tokenID, in: root))
        notBefore = try Self.time(.notBefore, in: root)
        issuer = try Self.text(.issuer, in: root)
        audiences = try Self.audiences(in: root)
    }

    /// A NumericDate written as an integer; a fraction, an exponent or a string is refused rather than guessed at.
    private static func time(_ claim: TokenError.Claim, in root: JSONValue) throws(TokenError) -> Milliseconds? {
        guard let value = root[claim.rawValue] else { return nil }
        guard let seconds = value.integer, seconds >= 0, seconds <= latestSecond else { throw .invalidClaim(claim) }
        return seconds * 1000
    }

    private static func text(_ claim: TokenError.Claim, in root: JSONValue) throws(TokenError) -> String? {
        guard let value = root[claim.rawValue] else { return nil }
        guard let text = value.string else { throw .invalidClaim(claim) }
        return text
    }

    private static func audiences(in root: JSONValue) throws(TokenError) -> [String] {
        guard let value = root[TokenError.Claim.audience.rawValue] else { return [] }
        if let text = value.string { return [text] }
        guard value.kind == .array else { throw .invalidClaim(.audience) }
        var audiences: [String] = []
        for element in value.elements {
            guard let text = element.string else { throw .invalidClaim(.audience) }
            audiences.append(text)
        }
        return audiences
    }

    /// An unknown role refuses the whole token: granting less than was meant would be hard to notice.
    private static func grants(in root: JSONValue) throws(TokenError) -> WorkspaceGrants {
        guard let value = root[TokenError.Claim.workspaces.rawValue] else { return WorkspaceGrants() }
        guard value.kind == .object else { throw .invalidClaim(.workspaces) }
        var grants = WorkspaceGrants()
        for member in value.members {
            let name = member.name
            guard let role = member.value.string.flatMap({ Role(rawValue: $0) }) else {
                throw .invalidClaim(.workspaces)
            }
            if name == "*" {
                grants.everywhere = role
            } else if let workspace = WorkspaceID(name) {
                grants.named[workspace] = role
            } else {
                throw .invalidClaim(.workspaces)
            }
        }
        return grants
    }
}
