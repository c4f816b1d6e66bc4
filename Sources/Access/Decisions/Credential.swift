package import Events

// This module says who you are and what you may do. Reading order:
//   Tokens/     JSON Web Tokens: TokenVerifier, then TokenHeader, TokenPayload, VerificationKey; TokenIssuer; Secret
//   Signatures/ public keys of other issuers: KeyFile, PublicKey
//   Keys/       API keys of services and what the store keeps of them
//   Browser/    session cookies, one-time login links, tickets; which pages and which names of the server count
//   Decisions/  Credential → AccessDecision (the role in a workspace) → AppendPolicy (who may append what)

/// Proof of who sends a request, after it was checked.
package enum Credential: Sendable, Hashable {
    /// `Authorization: Bearer` with a JWT.
    case token(TokenClaims)
    /// `Authorization: Bearer` with an API key, whose record was found and checked.
    case apiKey(APIKeyRecord)
    /// A browser's cookie. Requests that change state must also be same-origin, see ``SameOrigin``.
    case session(TokenClaims)
    /// A one-use ticket that the bearer of this credential has asked for.
    indirect case ticket(Credential)
    /// The control socket, which only the owner of the data directory can open.
    case localOperator

    /// Who the local operator is in logs and events; no JWT is refused for bearing it, none gains by it.
    package static let localOperatorID = UserID(validated: "tideline:operator")

    package var user: UserID {
        switch self {
        case .token(let claims), .session(let claims): claims.user
        case .apiKey(let record): record.user
        case .ticket(let origin): origin.user
        case .localOperator: Self.localOperatorID
        }
    }

    /// What the bearer is called; nil where the credential does not say.
    package var name: String? {
        switch self {
        case .token(let claims), .session(let claims): claims.name
        case .ticket(let origin): origin.name
        case .apiKey, .localOperator: nil
        }
    }

    /// When streams that it opened must end; nil for never.
    package var expiresAt: Milliseconds? {
        switch self {
        case .token(let claims), .session(let claims): claims.expiresAt
        case .apiKey(let record): record.expiresAt
        case .ticket(let origin): origin.expiresAt
        case .localOperator: nil
        }
    }

    /// Whether it is a browser's that cannot send `Authorization`: it came by cookie or by ticket.
    package var isAmbient: Bool {
        switch self {
        case .session, .ticket: true
        case .token, .apiKey, .localOperator: false
        }
    }

    /// What it rests on: of a ticket, the credential that asked for it.
    package var origin: Credential {
        if case .ticket(let origin) = self { origin.origin } else { self }
    }

    /// The role it has in every workspace, and in those still to be created; nil for all but operators.
    package var roleEverywhere: Role? {
        switch self {
        case .token(let claims), .session(let claims): claims.grants.everywhere
        case .apiKey: nil
        case .ticket(let origin): origin.roleEverywhere
        case .localOperator: .admin
        }
    }

    /// The only workspace it is for; nil where it names none or several, or is an operator's.
    ///
    /// A token that names one workspace by id and slug counts as naming two: the log's directory could tell, the
    /// token cannot.
    package var onlyWorkspace: WorkspaceReference? {
        switch self {
        case .token(let claims), .session(let claims):
            guard claims.grants.everywhere == nil, claims.grants.named.count == 1 else { return nil }
            return claims.grants.named.keys.first.map { .named($0) }
        case .apiKey(let record): return .key(record.workspace)
        case .ticket(let origin): return origin.onlyWorkspace
        case .localOperator: return nil
        }
    }
}

extension Credential {
    /// Whose tickets it counts among.
    enum Holder: Hashable, Sendable {
        /// User ids are unique within a workspace only.
        case user(UserID, WorkspaceGrants)
        case apiKey(prefix: String)
        case localOperator
    }

    var holder: Holder {
        switch self {
        case .token(let claims), .session(let claims): .user(claims.user, claims.grants)
        case .localOperator: .localOperator
        case .apiKey(let record): .apiKey(prefix: record.prefix)
        case .ticket(let origin): origin.holder
        }
    }

    /// Stands for what can be ended before it expires, a session or an API key, on the streams that it opened; 0 for
    /// credentials that only time ends. Drawn from 64 bits, so that two are the same by no accident.
    package var streamTag: UInt64 {
        switch self {
        case .session(let claims): claims.tokenID.map { Self.tag(Array($0.utf8)) } ?? 0
        case .apiKey(let record): Self.tag(record.hash)
        case .ticket(let origin): origin.streamTag
        case .token, .localOperator: 0
        }
    }

    private static func tag(_ bytes: [UInt8]) -> UInt64 {
        OpenSSLDigest.sha256(bytes).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// How a credential refers to a workspace.
package enum WorkspaceReference: Sendable, Hashable {
    /// By id or slug, as a token does; the workspace need not exist yet.
    case named(WorkspaceID)
    /// By its surrogate, as an API key does.
    case key(WorkspaceKey)
}
