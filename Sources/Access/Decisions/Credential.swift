package import Events

// This module says who you are and what you may do. Reading order:
//   Tokens/     JSON Web Tokens: TokenVerifier, then TokenHeader, TokenPayload, VerificationKey; TokenIssuer; Secret
//   Keys/       API keys of services and what the store keeps of them
//   Browser/    session cookies, one-time login links, the same-origin rule
//   Decisions/  Credential → AccessDecision (the role in a workspace) → AppendPolicy (who may append what)

/// Proof of who sends a request, after it was checked.
package enum Credential: Sendable, Hashable {
    /// `Authorization: Bearer` with a JWT.
    case token(TokenClaims)
    /// `Authorization: Bearer` with an API key, whose record was found and checked.
    case apiKey(APIKeyRecord)
    /// A browser's cookie. Requests that change state must also be same-origin, see ``SameOrigin``.
    case session(TokenClaims)
    /// The control socket, which only the owner of the data directory can open.
    case localOperator

    /// Who the local operator is in logs and events; no JWT is refused for bearing it, none gains by it.
    package static let localOperatorID = UserID(validated: "tideline:operator")

    package var user: UserID {
        switch self {
        case .token(let claims), .session(let claims): claims.user
        case .apiKey(let record): record.user
        case .localOperator: Self.localOperatorID
        }
    }

    /// What the bearer is called; nil where the credential does not say.
    package var name: String? {
        switch self {
        case .token(let claims), .session(let claims): claims.name
        case .apiKey, .localOperator: nil
        }
    }

    /// When streams that it opened must end; nil for never.
    package var expiresAt: Milliseconds? {
        switch self {
        case .token(let claims), .session(let claims): claims.expiresAt
        case .apiKey(let record): record.expiresAt
        case .localOperator: nil
        }
    }

    /// Whether it came by cookie, so that the request may have been made by a foreign page.
    package var isAmbient: Bool {
        if case .session = self { true } else { false }
    }

    /// The role it has in every workspace, and in those still to be created; nil for all but operators.
    package var roleEverywhere: Role? {
        switch self {
        case .token(let claims), .session(let claims): claims.grants.everywhere
        case .apiKey: nil
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
        case .localOperator: return nil
        }
    }
}

/// How a credential refers to a workspace.
package enum WorkspaceReference: Sendable, Hashable {
    /// By id or slug, as a token does; the workspace need not exist yet.
    case named(WorkspaceID)
    /// By its surrogate, as an API key does.
    case key(WorkspaceKey)
}
