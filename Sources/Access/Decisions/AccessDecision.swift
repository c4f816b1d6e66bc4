package import Events

/// Whether, and as what, a credential gets into one workspace.
package enum AccessDecision: Sendable, Equatable {
    /// By a grant for this workspace. A member's first use may append `member.added` (`auth.jwt.provision`).
    case member(Principal)
    /// By a role in every workspace: no member, in no figure, never provisioned.
    case visitor(Principal)
    case denied(Refusal)

    package enum Refusal: Sendable, Equatable {
        /// The credential says nothing of this workspace, which then looks as if it did not exist (404 `not_found`).
        case noGrant
        /// A `member.removed` is newer than the credential (403 `forbidden`): a token issued since would work.
        case removed
    }

    /// Who acts; nil when refused.
    package var principal: Principal? {
        switch self {
        case .member(let principal), .visitor(let principal): principal
        case .denied: nil
        }
    }
}

/// The names of a workspace that a grant may use.
package struct WorkspaceIdentity: Sendable, Hashable {
    package let key: WorkspaceKey
    package let id: WorkspaceID
    package let slug: WorkspaceID

    package init(key: WorkspaceKey, id: WorkspaceID, slug: WorkspaceID) {
        self.key = key
        self.id = id
        self.slug = slug
    }
}

extension Credential {
    /// Decides about `workspace`.
    ///
    /// A grant by id goes before one by slug, and both before `*`. Removal ends grants that name the workspace, not an
    /// operator's `*`: an operator is no member, and an administrator of one workspace cannot lock the operator out.
    /// - Parameter removedAt: when the log last removed this user from the workspace (`member.removed` without a later
    ///   `member.added`); nil if it did not.
    package func decision(in workspace: WorkspaceIdentity, removedAt: Milliseconds?) -> AccessDecision {
        switch self {
        case .token(let claims), .session(let claims):
            let granted = claims.grants.named[workspace.id] ?? claims.grants.named[workspace.slug]
            // `iat` has whole seconds: one of the removal's own second counts as older, since it may be.
            let isRemoved = removedAt.map { $0 >= claims.issuedAt ?? .min } ?? false
            if let granted, !isRemoved { return .member(Principal(user: user, role: granted)) }
            if let role = roleEverywhere { return .visitor(Principal(user: user, role: role)) }
            return .denied(granted == nil ? .noGrant : .removed)
        case .apiKey(let record):
            guard record.workspace == workspace.key else { return .denied(.noGrant) }
            // A key has no `iat` to compare; it is ended by revoking it.
            return .member(Principal(user: user, role: record.role))
        case .ticket(let origin):
            return origin.decision(in: workspace, removedAt: removedAt)
        case .localOperator:
            return .visitor(Principal(user: user, role: .admin))
        }
    }

    /// The role it would have in a workspace named `name` that does not exist yet; nil refuses, as for an unknown
    /// workspace.
    package func roleInNewWorkspace(named name: WorkspaceID) -> Role? {
        switch self {
        case .token(let claims), .session(let claims): claims.grants.named[name] ?? claims.grants.everywhere
        case .apiKey: nil
        case .ticket(let origin): origin.roleInNewWorkspace(named: name)
        case .localOperator: .admin
        }
    }
}
