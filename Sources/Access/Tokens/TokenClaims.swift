package import Events

/// What a verified token says of its bearer.
///
/// ```json
/// {"sub": "ada", "name": "Ada", "workspaces": {"acme": "member", "lab": "admin"}, "exp": 1765003600}
/// ```
package struct TokenClaims: Sendable, Hashable {
    /// `sub`: who bears it, the same id in every workspace it names.
    package var user: UserID
    /// `name`: what to call them; nil where the token does not say.
    package var name: String?
    /// `workspaces`: where they may do what.
    package var grants: WorkspaceGrants
    /// `iat`; nil counts as older than any removal. A whole number of seconds.
    package var issuedAt: Milliseconds?
    /// `exp`, without leeway: the moment at which streams that it opened end. A whole number of seconds.
    package var expiresAt: Milliseconds
    /// `jti`.
    package var tokenID: String?

    /// Times are cut to whole seconds, since a JWT holds no finer ones.
    package init(
        user: UserID, name: String? = nil, grants: WorkspaceGrants, issuedAt: Milliseconds?, expiresAt: Milliseconds,
        tokenID: String? = nil
    ) {
        self.user = user
        self.name = name
        self.grants = grants
        self.issuedAt = issuedAt.map { $0 - $0 % 1000 }
        self.expiresAt = expiresAt - expiresAt % 1000
        self.tokenID = tokenID
    }
}

/// The `workspaces` claim: roles by workspace id or slug, and `*` for an operator's role everywhere.
package struct WorkspaceGrants: Sendable, Hashable {
    /// Roles by id or slug; which of the two a name is, only the directory knows.
    package var named: [WorkspaceID: Role]
    /// The role under `*`; nil for all but operators.
    package var everywhere: Role?

    package init(named: [WorkspaceID: Role] = [:], everywhere: Role? = nil) {
        self.named = named
        self.everywhere = everywhere
    }
}
