package import Events

/// An API key as the log keeps it: never the secret, only its hash.
package struct APIKeyRecord: Sendable, Equatable {
    package let workspace: WorkspaceKey
    /// What the key begins with and is looked up by; unique over all workspaces.
    package let prefix: String
    /// Made by `Access`; opaque here.
    package let hash: [UInt8]
    package let user: UserID
    package let role: Role
    package let createdAt: Milliseconds
    /// nil: never.
    package let expiresAt: Milliseconds?
    /// When it was revoked; nil while it is good.
    package let revokedAt: Milliseconds?

    package init(
        workspace: WorkspaceKey, prefix: String, hash: [UInt8], user: UserID, role: Role, createdAt: Milliseconds,
        expiresAt: Milliseconds? = nil, revokedAt: Milliseconds? = nil
    ) {
        self.workspace = workspace
        self.prefix = prefix
        self.hash = hash
        self.user = user
        self.role = role
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.revokedAt = revokedAt
    }
}
