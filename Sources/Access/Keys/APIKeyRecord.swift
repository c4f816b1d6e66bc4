package import Events

/// What the store keeps of an ``APIKey``: enough to check it, too little to rebuild it.
package struct APIKeyRecord: Sendable, Hashable {
    package let prefix: String
    /// ``APIKey/hash``.
    package let hash: [UInt8]
    /// The one workspace it is for.
    package let workspace: WorkspaceKey
    /// Whom its events come from.
    package let user: UserID
    package let role: Role
    /// nil: it never expires.
    package let expiresAt: Milliseconds?
    /// When it was revoked; nil while it is not.
    package let revokedAt: Milliseconds?

    package init(
        prefix: String, hash: [UInt8], workspace: WorkspaceKey, user: UserID, role: Role,
        expiresAt: Milliseconds? = nil, revokedAt: Milliseconds? = nil
    ) {
        self.prefix = prefix
        self.hash = hash
        self.workspace = workspace
        self.user = user
        self.role = role
        self.expiresAt = expiresAt
        self.revokedAt = revokedAt
    }

    /// Checks that `key` is the one this record was made of and still counts at `now`.
    ///
    /// The hash is compared first, in constant time, so that only the owner of a key learns that it was revoked.
    package func check(_ key: APIKey, now: Milliseconds) throws(APIKeyError) {
        guard OpenSSLDigest.areEqual(key.hash, hash), key.prefix == prefix else { throw .unknown }
        guard revokedAt == nil else { throw .revoked }
        if let expiresAt, now >= expiresAt { throw .expired }
    }
}

/// Why an API key is refused; each is a 401 with ``code``.
package enum APIKeyError: Error, Equatable, Sendable {
    /// Not a key of this installation.
    case unknown
    case revoked
    case expired

    /// The problem code a client sees.
    package var code: String { self == .expired ? "token_expired" : "invalid_token" }

    /// One sentence for the client and the log.
    package var detail: String {
        switch self {
        case .unknown: "The API key is not known here."
        case .revoked: "The API key was revoked."
        case .expired: "The API key has expired."
        }
    }
}
